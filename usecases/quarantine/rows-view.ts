import * as z from 'zod';
import { Instant } from '../../core/model/names.ts';
import { HeldContract } from '../validation/dataset-version.ts';
import { DropReport } from '../validation/report.ts';
import { RowState } from './returns.ts';

const Count = z.int().min(0);
const DatasetName = z.string().describe('Name of the dataset.');
const DropId = z.string().describe('Identifies the drop as it was judged.');
const Line = z.int().min(1).describe('1-based line of the file that was dropped; row, for Parquet.');

const States = z.strictObject({
  open: Count.describe('Neither put back nor accepted.'),
  putBack: Count.describe('Mended and put back.'),
  accepted: Count.describe('Accepted as they are.'),
});

const JudgedAgainAs = z
  .string()
  .nullable()
  .describe('The last verdict on the same file, under which its rows are open instead; null where this is the last.');

const Reason = z.strictObject({
  feature: z
    .string()
    .describe('The feature whose value broke the rule; `(line)` where the record as a whole cannot be read.'),
  rule: z.string().describe('Name of the rule.'),
  allowed: z.string().describe('What is allowed, in words.'),
  received: z.string().nullable().describe('What came instead; null where the contract marks personal fields.'),
});

/** Drops that have quarantined rows. */
export const RowsListView = z.strictObject({
  dataset: z.string().nullable().describe('The dataset that was asked for; null for all.'),
  drops: z
    .array(
      z.strictObject({
        dataset: DatasetName,
        drop: DropId,
        key: z.string().describe('Key of the file in the data store.'),
        at: Instant.describe('When it was judged.'),
        contract: HeldContract.nullable().describe('The contract that it was held to; null where there was none.'),
        verdict: DropReport.shape.verdict,
        judgedAgainAs: JudgedAgainAs,
        quarantined: Count.describe('Rows that were quarantined.'),
        states: States.describe('What has become of them.'),
        reasons: DropReport.shape.reasons,
      }),
    )
    .describe('The drops, newest first.'),
  more: Count.describe('How many older ones there are.'),
});
export type RowsListView = z.infer<typeof RowsListView>;

/** Quarantined rows of one drop. */
export const RowsView = z.strictObject({
  dataset: DatasetName,
  drop: DropId,
  key: z.string().describe('Key of the file in the data store.'),
  contract: HeldContract.nullable().describe('The contract that it was held to; null where there was none.'),
  judgedAgainAs: JudgedAgainAs,
  mends: z.string().nullable().describe('The drop whose rows it mends, where what is still wrong is open; else null.'),
  states: States.describe('What has become of its quarantined rows.'),
  rows: z
    .array(
      z.strictObject({
        line: Line,
        lines: z.int().min(1).describe('Physical lines that it takes.'),
        state: RowState.describe('What has become of it.'),
        version: z.int().nullable().describe('The dataset version that it became; null while it is open.'),
        reasons: z.array(Reason).describe('Everything that is wrong with it.'),
        raw: z.string().nullable().describe('Its text as it came; null where none is kept.'),
        cut: z.boolean().describe('Whether the text is but the beginning.'),
      }),
    )
    .describe('The first of those that were asked for, in the order of the file.'),
  matching: Count.describe('How many there are of those that were asked for.'),
});
export type RowsView = z.infer<typeof RowsView>;

/** Quarantined rows as a file. */
export const RowsExportView = z.strictObject({
  dataset: DatasetName,
  drop: DropId,
  out: z.string().describe('The file that was written.'),
  rows: Count.describe('Rows that it holds.'),
  missing: z
    .array(z.strictObject({ line: Line, reason: z.string().describe('Why, in a sentence.') }))
    .describe('Rows whose text cannot be had, the first hundred.'),
  missingRows: Count.describe('How many such rows there are.'),
});
export type RowsExportView = z.infer<typeof RowsExportView>;

/** What became of rows that somebody gave back. */
export const RowsReturnView = z.strictObject({
  dataset: DatasetName,
  drop: DropId,
  as: z.enum(['put-back', 'accepted']).describe('Mended and held to the contract again, or accepted as they are.'),
  rows: Count.describe('Rows that became a dataset version.'),
  lines: z.string().describe('Their lines in the drop, such as `3,7-9`.'),
  version: z.int().nullable().describe('The dataset version; null where there was nothing to make one of.'),
  mended: z.string().nullable().describe('The mended file as a drop, which has a report of its own; else null.'),
  contract: HeldContract.describe('The contract that they were held to.'),
  refused: z
    .array(
      z.strictObject({
        line: z.int().nullable().describe('Line of the drop; null where it is not known which it is of.'),
        mendedLine: z.int().nullable().describe('Line of the mended file; null where there is none.'),
        reasons: z.array(Reason).describe('Why.'),
      }),
    )
    .describe('Rows that stay in quarantine, the first hundred.'),
  refusedRows: Count.describe('How many stay in quarantine.'),
  open: Count.describe('Quarantined rows of the drop that are open now.'),
});
export type RowsReturnView = z.infer<typeof RowsReturnView>;

/** Refused rows, or rows without a text, that a view names one by one. */
export const MAX_NAMED = 100;

/** A reason as views have it. */
export const reasonOfView = ({
  feature,
  rule,
  allowed,
  received,
}: {
  readonly feature: string;
  readonly rule: string;
  readonly allowed: string;
  readonly received?: string | undefined;
}): z.infer<typeof Reason> => ({ feature, rule, allowed, received: received ?? null });
