import * as z from 'zod';
import { KeptTensor } from './kept-tensor.ts';

const Count = z.int().min(0);

/** Where the rows of a rehearsal come from. */
export const RehearsalSource = z
  .enum(['data', 'baseline', 'example'])
  .describe('A file that was named, rows that the baseline keeps of its reference, or example.jsonl of the folder.');
export type RehearsalSource = z.infer<typeof RehearsalSource>;

/** How many rows a rehearsal had, and what came of them. */
export const RehearsalCounts = z.strictObject({
  source: RehearsalSource,
  rows: Count.describe('Rows that the graph was run on.'),
  failed: Count.describe('Those of them that it failed on.'),
  refused: Count.describe('Further rows, which the contract does not let in.'),
  firstFailure: z
    .strictObject({
      row: Count.describe('Its number in the source, from 0.'),
      message: z.string().describe('What ONNX Runtime said.'),
    })
    .nullable()
    .describe('The first row that it failed on; null where there is none.'),
});
export type RehearsalCounts = z.infer<typeof RehearsalCounts>;

/**
 * What a version answered about real rows when it was registered. An endpoint asks it about the same rows before it
 * gets traffic: what it says there has to be what it said here.
 */
export const Rehearsal = z.strictObject({
  format: z.literal(1).describe('Of the form in which rehearsals are stored.'),
  counts: RehearsalCounts.describe('What came of all rows.'),
  varying: z
    .array(z.string())
    .describe('Outputs that two runs on the same row gave differently: no answers of them are kept.'),
  kept: z
    .array(
      z.strictObject({
        inputs: z.record(z.string(), KeptTensor).describe('What the graph was given, by input.'),
        outputs: z.record(z.string(), KeptTensor).describe('What it answered, by output.'),
      }),
    )
    .max(8)
    .describe('Some of the rows that it answered.'),
});
export type Rehearsal = z.infer<typeof Rehearsal>;
