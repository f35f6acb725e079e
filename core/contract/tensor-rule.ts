import * as z from 'zod';
import { recordName } from '../model/names.ts';
import { maxLength } from './rules/max-length.ts';
import { TensorViolation } from './violation-policy.ts';

/** Allowed sizes of one axis, inclusive. */
const SizeRange = z
  .strictObject({
    min: z.int().min(0).optional().describe('Smallest size; left out: any.'),
    max: z.int().min(0).optional().describe('Largest size; left out: any.'),
  })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, 'min must not exceed max');

/**
 * Rules on a whole input that is no row of features: an image, an embedding, a sequence, a text. Its values are
 * neither named nor kept; of each row a summary is captured, and drift is looked for in that.
 */
export const TensorRule = z
  .strictObject({
    name: recordName('a tensor').min(1).max(128).describe('Input of the graph.'),
    description: z.string().optional().describe('What it is, for people.'),
    unit: z.string().optional().describe('Unit of the elements, for people.'),
    shape: z
      .array(z.union([z.int().min(0), SizeRange, z.null()]))
      .max(8)
      .optional()
      .describe("Allowed size of each axis, the batch's included: a size, a range, or null for any."),
    min: z.number().optional().describe('Smallest element allowed, inclusive; numbers only.'),
    max: z.number().optional().describe('Largest element allowed, inclusive; numbers only.'),
    maxLength: maxLength.shape.maxLength.describe('Longest element allowed, in Unicode code points; strings only.'),
    finite: z.boolean().default(true).describe('Whether NaN and infinities are refused.'),
    onViolation: TensorViolation.default('reject').describe(
      "What a request's violation does, of all rules or of each; of a shape that is not allowed there is nothing to clamp: it is rejected.",
    ),
    personal: z.enum(['no', 'omit']).default('no').describe('A personal tensor has no summary kept of it.'),
  })
  .refine(
    (rule) => rule.min === undefined || rule.max === undefined || rule.min <= rule.max,
    'min must not exceed max',
  );
export type TensorRule = z.infer<typeof TensorRule>;
