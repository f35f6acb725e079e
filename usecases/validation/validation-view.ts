import * as z from 'zod';
import type { Violation } from '../../core/contract/violation.ts';
import { Profile } from '../../core/profile/profile.ts';
import { FILE_RULES } from './errors.ts';
import { Treated } from './personal-columns.ts';

/** One quarantined row, with all its reasons. */
export interface QuarantinedRow {
  /** 1-based line of the source (row, for Parquet). */
  readonly line: number;
  /** Physical lines that it spans. */
  readonly lines?: number;
  /** Whether `raw` is but the beginning of it. */
  readonly cut?: boolean;
  /** The line as it came; absent where the contract marks personal fields, as are the values in the reasons. */
  readonly raw?: string;
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
      lines: Count.describe('Data lines of the file.'),
      accepted: Count.describe('Rows that keep the contract.'),
      quarantined: Count.describe('Rows that do not.'),
    })
    .describe('accepted + quarantined = lines: every data line is accounted for.'),
  reasons: z
    .array(
      z.strictObject({
        feature: z.string().describe('The feature whose value broke the rule.'),
        rule: z.string().describe('Name of the rule.'),
        allowed: z.string().describe('What is allowed, in words.'),
        rows: Count.describe('How many rows.'),
      }),
    )
    .describe('Quarantined rows by feature and rule, most frequent first.'),
  personal: Treated.nullable().describe('What was done with each personal column; null where there are none.'),
  profile: Profile.nullable().describe('Counts of the good rows; null when the file was not accepted.'),
  dataFile: z.string().nullable().describe('File with the good rows; null when the file was not accepted.'),
  quarantineFile: z.string().nullable().describe('File with the quarantined rows as JSON lines; null without any.'),
});
export type ValidationView = z.infer<typeof ValidationView>;
