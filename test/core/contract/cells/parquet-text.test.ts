import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { jsonField } from '../../../../core/contract/cells/json-field.ts';
import { parquetJson, parquetText } from '../../../../core/contract/cells/parquet-text.ts';
import { parseJsonLine } from '../../../../core/protocols/formats/json-line.ts';
import { type Duck, literal, openDuck } from '../../../../platform/duckdb/connection.ts';
import { textOfDouble } from './number-reference.ts';

let duck: Duck;
beforeAll(async () => {
  duck = await openDuck();
});
afterAll(() => duck.close());

/** Texts of numbers, and what JSON lines has of them. */
async function texts(numbers: readonly string[], type: string): Promise<{ text: unknown; json: string }[]> {
  const list = numbers.map(literal).join(', ');
  const values = `SELECT unnest([${list}])::${type} AS v`;
  const rows = await duck.rows(
    `SELECT ${parquetText('v', type)} AS text, ${parquetJson('v', type)} AS json FROM (${values})`,
  );
  return rows.map(({ text, json }) => ({ text, json: String(json) }));
}

const readBack = (json: string): string | null => {
  const { value } = parseJsonLine(`{"v":${json}}`);
  return jsonField({ type: 'any' }, (value as { v: unknown }).v);
};

it.each([
  ['DOUBLE', '5', '5'],
  ['DOUBLE', '-0.0', '-0'],
  ['DOUBLE', '0.1', '0.1'],
  ['DOUBLE', '0.0001', '0.0001'],
  ['DOUBLE', '-0.00001', '-0.00001'],
  ['DOUBLE', '1.5e-6', '0.0000015'],
  ['DOUBLE', '1e-7', '1e-7'],
  ['DOUBLE', '5e-324', '5e-324'],
  ['DOUBLE', '9007199254740993', '9007199254740992'],
  ['DOUBLE', '9223372036854775808', '9223372036854775808'],
  ['DOUBLE', '12345678901234567', '12345678901234568'],
  ['DOUBLE', '1e20', '100000000000000000000'],
  ['DOUBLE', '-1e21', '-1000000000000000000000'],
  ['DOUBLE', '1e300', '1e+300'],
  ['DOUBLE', 'nan', null],
  ['DOUBLE', 'inf', 'Infinity'],
  ['DOUBLE', '-inf', '-Infinity'],
  ['FLOAT', '1e20', '100000002004087734272'],
  ['FLOAT', '3.4028235e38', '340282346638528859811704183484516925440'],
  ['DECIMAL(2, 2)', '-0.5', '-0.50'],
  ['DECIMAL(38, 2)', '123456789012345678901234567890123456.70', '123456789012345678901234567890123456.70'],
  ['UBIGINT', '18446744073709551615', '18446744073709551615'],
  ['BOOLEAN', 'true', 'true'],
  ['VARCHAR', 'a "b"\n7', 'a "b"\n7'],
  ['DATE', '2024-02-29', '2024-02-29'],
])('of a %s of %s is %s, also in JSON lines', async (type, number, text) => {
  const [found] = await texts([number], type);
  expect(found!.text).toBe(text);
  expect(readBack(found!.json)).toBe(text);
});

it('of a double is one, by which it is read back, whatever the double', async () => {
  const around = (low: number, high: number) => fc.double({ min: low, max: high, noNaN: true });
  const doubles = fc.oneof(
    fc.double(),
    around(1e15, 1e17),
    around(1e-8, 1e-3),
    around(-5e-308, 5e-308),
    fc.float({ noNaN: true }),
    fc.constantFrom(
      ...[53, 63, 64, 127, 128].flatMap((power) => [
        2 ** power - 2 ** (power - 53),
        2 ** power,
        -(2 ** power) - 2 ** (power - 52),
      ]),
    ),
    fc.maxSafeInteger(),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(doubles, { minLength: 500, maxLength: 500 }), async (numbers) => {
      const found = await texts(
        numbers.map((x) => (Object.is(x, -0) ? '-0' : String(x))),
        'DOUBLE',
      );
      expect(found.map(({ text }) => text)).toEqual(numbers.map(textOfDouble));
      expect(found.map(({ json }) => readBack(json))).toEqual(numbers.map(textOfDouble));
      for (const [i, { text }] of found.entries()) if (text !== null) expect(Number(text)).toBe(numbers[i]);
    }),
    { numRuns: 10, endOnFailure: true },
  );
});
