import { readFileSync } from 'node:fs';
import * as z from 'zod';

const Shared = {
  /** Name of the file of reference rows. */
  data: z.string(),
  /** Its column of ground truth. */
  label: z.string(),
};
const ClassName = z.union([z.string(), z.number(), z.boolean()]);

const LibraryAnswers = z.discriminatedUnion('task', [
  z.strictObject({
    ...Shared,
    task: z.literal('classification'),
    classes: z.array(ClassName),
    predictions: z.array(ClassName),
    /** A row each, in the order of the classes. */
    probabilities: z.array(z.array(z.number())),
  }),
  z.strictObject({ ...Shared, task: z.literal('regression'), predictions: z.array(z.number()) }),
]);

/** What the library that made a model predicts for the first rows of its data; written by make_exports.py. */
export type LibraryAnswers = z.infer<typeof LibraryAnswers>;

/** Answers by name of the export. */
export const ANSWERS = z
  .record(z.string(), LibraryAnswers)
  .parse(JSON.parse(readFileSync('test/exports/answers.json', 'utf8')));
