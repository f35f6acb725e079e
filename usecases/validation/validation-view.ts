import * as z from 'zod';
import type { Violation } from '../../core/contract/violation.ts';
import { Profile } from '../../core/profile/profile.ts';
import { TableSummary } from '../../core/profile/summary.ts';
import { FILE_RULES } from './errors.ts';
import { Treated } from './personal-columns.ts';

/** One quarantined row, with all its reasons. */
export interface QuarantinedRow {
  /** 1-based physical line of the source on which the record begins (row, for Parquet). */
  readonly line: number;
  /** Physical lines that it spans. */
  readonly lines: number;
  /** The record as it came, without the end of its last line; absent where the contract marks personal fields, as are the values in the reasons. */
  readonly raw?: string;
  /** Whether {@link raw} is only how a long record begins. */
  readonly cut?: true;
  /** Line of another drop that it was to mend. */
  readonly mends?: number;
  /** Pseudonym of whom the row is about, where the contract names a subject. */
  readonly subject?: string;
  readonly reasons: Omit<Violation, 'row'>[];
}

const Count = z.int().min(0);

/** What a file was found to be. */
export const ValidationView = z.strictObject({
  verdict: z.enum(['accepted', 'rejected']).describe('Whether the file as a whole is taken.'),
  rejection: z
    .strictObject({
      rule: z.enum(FILE_RULES).describe('What kind of rule it broke.'),
      reason: z.string().describe('Why, in a sentence.'),
    })
    .nullable()
    .describe('Why the file was rejected whole; null when it was not.'),
  rows: z
    .strictObject({
      records: Count.describe('Records of the file: its rows, whole and faulty ones.'),
      accepted: Count.describe('Rows that keep the contract.'),
      quarantined: Count.describe('Records that do not.'),
    })
    .describe('accepted + quarantined = records: every record is accounted for.'),
  lines: z
    .strictObject({
      total: Count.describe('Physical lines of the file; of Parquet a row counts as one.'),
      header: Count.describe('Lines of the header.'),
      blank: Count.describe('Lines between records with nothing on them, which are no records.'),
      accepted: Count.describe('Lines of accepted records: one may run over several.'),
      quarantined: Count.describe('Lines of quarantined records.'),
    })
    .describe('header + blank + accepted + quarantined = total: every line is accounted for.'),
  reasons: z
    .array(
      z.strictObject({
        feature: z.string().describe('The feature whose value broke the rule.'),
        rule: z.string().describe('Name of the rule.'),
        allowed: z.string().describe('What is allowed, in words.'),
        rows: Count.describe('How many rows.'),
      }),
    )
    .describe('Quarantined rows by feature and rule, most frequent first; a row with several reasons counts for each.'),
  personal: Treated.nullable().describe('What was done with each personal column; null where there are none.'),
  profile: Profile.nullable().describe('Counts of the good rows; null when the file was not accepted.'),
  summary: TableSummary.nullable().describe(
    'What else is told of the good rows’ columns: distinct and most frequent values, histograms, missing over time.',
  ),
  delimiter: z.string().nullable().describe('What separates the cells of its records; null: it has none of text.'),
  columns: z.array(z.string()).describe('Columns of the file, in its order; none where it could not be read.'),
  dataFile: z.string().nullable().describe('File with the good rows; null when the file was not accepted.'),
  quarantineFile: z.string().nullable().describe('File with the quarantined rows as JSON lines; null without any.'),
});
export type ValidationView = z.infer<typeof ValidationView>;

/** What `trimtab validate` found a file to be, and where it tells people. */
export const FileValidationView = ValidationView.extend({
  report: z.string().describe('The report as a page: a file.'),
});
export type FileValidationView = z.infer<typeof FileValidationView>;
