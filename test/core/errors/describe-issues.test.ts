import { expect, it } from 'vitest';
import * as z from 'zod';
import { describeIssues } from '../../../core/errors/describe-issues.ts';

const schema = z.strictObject({
  rows: z
    .array(z.strictObject({ kind: z.enum(['a', 'b']), size: z.int().min(1).optional() }))
    .refine((rows) => rows.length < 3, 'no more than two'),
  by: z.record(z.string(), z.strictObject({ n: z.number() })).optional(),
});

const described = (raw: unknown, at?: string[]): string[] =>
  describeIssues(schema.safeParse(raw).error!, { raw, schema, ...(at ? { at } : {}) }).split('\n');

it('says of each issue where it is, what was received, and what is allowed', () => {
  expect(described({ rows: [{ kind: 'c', size: 0 }], by: { x: { m: 1, n: 2 } }, rwos: 1 })).toEqual([
    'rows.0.kind: invalid option: expected one of "a"|"b", received "c"',
    'rows.0.size: too small: expected number to be >=1, received 0',
    'by.x: unrecognized key: "m"; allowed: n',
    'unrecognized key: "rwos"; allowed: rows, by',
  ]);
});

it('says of alternatives what is wrong with the one that came, and leaves the capitals of names', () => {
  const either = z.strictObject({
    column: z.union([z.string().min(1), z.strictObject({ name: z.string().min(1) })]),
    key: z.string().refine((key) => key === '', 'A is no key'),
  });
  const said = (raw: unknown) => describeIssues(either.safeParse(raw).error!, { raw, schema: either }).split('\n');
  const size = 'too small: expected string to have >=1 characters, received ""';
  expect(said({ column: '', key: 'A' })).toEqual([`column: ${size}`, 'key: A is no key, received "A"']);
  expect(said({ column: { name: '' }, key: '' })).toEqual([`column.name: ${size}`]);
  expect(said({ column: 1, key: '' })).toEqual(['column: invalid input, received 1']);
});

it('leaves to its message what a rule over several members finds, and names where the document is', () => {
  const row = { kind: 'a' };
  expect(described({ rows: [row, row, row] }, ['part'])).toEqual(['part.rows: no more than two']);
  expect(described({})).toEqual([expect.stringMatching(/^rows: .*received undefined$/)]);
  expect(described([])).toEqual(['invalid input: expected object, received array']);
});
