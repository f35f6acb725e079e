import * as z from 'zod';
import { ModelName, VersionNumber } from '../../core/model/names.ts';

/** What an endpoint answered, row by row in the order of the file. */
export const PredictionsView = z.strictObject({
  model: ModelName,
  version: VersionNumber,
  id: z.string().nullable().describe('Id of the request, by which its predictions are traced; null when none came.'),
  parameters: z
    .record(z.string(), z.json())
    .nullable()
    .describe('What the endpoint says beside the outputs, such as rows that are unlike the baseline; null without.'),
  outputs: z
    .array(
      z.strictObject({
        name: z.string().describe('Name of the output.'),
        datatype: z.string().describe('Type of its elements in the Open Inference Protocol, such as FP32.'),
        shape: z.array(z.int().min(0)).describe('Its dimensions; the first one counts rows.'),
        data: z
          .array(z.union([z.number(), z.string(), z.boolean(), z.null()]))
          .describe('Elements, row by row; integers beyond 2^53 as strings, null where a number is not one.'),
      }),
    )
    .describe('In the order of the graph.'),
});
export type PredictionsView = z.infer<typeof PredictionsView>;
