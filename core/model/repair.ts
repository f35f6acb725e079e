import * as z from 'zod';
import { Digest } from './names.ts';

/** One thing that was changed about a graph so that it can be served everywhere, with the same answers. */
export const Repair = z.strictObject({
  kind: z
    .enum(['map-output', 'string-locale'])
    .describe(
      '`map-output`: an output that was a sequence of maps is the tensor that the maps were made of. ' +
        '`string-locale`: a StringNormalizer without a locale has `C`.',
    ),
  at: z.string().describe('The output; of an operator its name, or the tensor that it makes.'),
  done: z.string().describe('What was done, in a sentence.'),
});
export type Repair = z.infer<typeof Repair>;

/** What was done to a graph as it was given. */
export const Repairs = z.strictObject({
  given: Digest.describe('SHA-256 of the .onnx file as it was given; the artifact has that of the repaired one.'),
  repairs: z.array(Repair).min(1).describe('In the order in which they were made.'),
});
export type Repairs = z.infer<typeof Repairs>;
