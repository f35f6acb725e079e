import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { safeParse } from '../../../core/errors/safe-parse.ts';

const LIST = z.array(z.number()).min(1);

describe('safeParse', () => {
  it('gives what the schema gives', () => {
    expect(safeParse(LIST, [1])).toEqual({ success: true, data: [1] });
    expect(safeParse(LIST, []).error?.issues).toEqual(LIST.safeParse([]).error?.issues);
  });

  it.each([
    [LIST, { length: { toString: 1 } }],
    [z.string().max(3), JSON.parse('{"length":{"valueOf":[],"toString":{}}}')],
    [z.object({ a: z.union([z.number(), LIST]) }), { a: { length: { toString: 'x' } } }],
  ])('refuses a length without a value', (schema, value) => {
    expect(() => schema.safeParse(value)).toThrow(TypeError);
    expect(safeParse<unknown>(schema, value).error?.issues[0]?.message).toMatch(/object where a text/);
  });

  it('passes on what is not about the value', () => {
    const broken = z.number().refine(() => {
      throw new RangeError('of the check');
    });
    expect(() => safeParse(broken, 1)).toThrow('of the check');
  });
});
