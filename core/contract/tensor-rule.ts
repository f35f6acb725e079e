import * as z from 'zod';

/** Allowed sizes of one axis, inclusive. */
const SizeRange = z
  .strictObject({ min: z.int().min(0).optional(), max: z.int().min(0).optional() })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, 'min must not exceed max');

/**
 * Rules on a whole input that is no row of features: an image, an embedding, a sequence, a text. Its values are
 * neither named nor kept; of each row a summary is captured, and drift is looked for in that.
 */
export const TensorRule = z
  .strictObject({
    /** Input of the graph. */
    name: z.string().min(1).max(128),
    description: z.string().optional(),
    /** Unit of the elements, for people. */
    unit: z.string().optional(),
    /** Allowed size of each axis, the batch's included: a size, a range, or null for any. */
    shape: z
      .array(z.union([z.int().min(0), SizeRange, z.null()]))
      .max(8)
      .optional(),
    /** Smallest element allowed, inclusive; numbers only. */
    min: z.number().optional(),
    /** Largest element allowed, inclusive; numbers only. */
    max: z.number().optional(),
    /** Longest element allowed, in UTF-16 units; strings only. */
    maxLength: z.int().min(1).optional(),
    /** Whether NaN and infinities are refused. */
    finite: z.boolean().default(true),
    /** What a request's violation does; of a shape that is not allowed there is nothing to clamp: it is rejected. */
    onViolation: z.enum(['reject', 'clamp', 'flag']).default('reject'),
    /** A personal tensor has no summary kept of it. */
    personal: z.enum(['no', 'omit']).default('no'),
  })
  .refine(
    (rule) => rule.min === undefined || rule.max === undefined || rule.min <= rule.max,
    'min must not exceed max',
  );
export type TensorRule = z.infer<typeof TensorRule>;
