import * as z from 'zod';

/**
 * What a schema says about a value from outside. Unlike `schema.safeParse` it refuses a value on which a check itself
 * fails: zod compares the `length` of whatever has one, also where that is an object without a value.
 *
 * @example safeParse(z.array(z.number()).min(1), { length: { toString: 1 } }).success; // false
 */
export function safeParse<T>(schema: z.ZodType<T>, value: unknown): z.ZodSafeParseResult<T> {
  try {
    return schema.safeParse(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const message = `holds an object where a text, a number or a list belongs (${error.message})`;
    const refused = z.custom<T>(() => false, message);
    return refused.safeParse(value);
  }
}
