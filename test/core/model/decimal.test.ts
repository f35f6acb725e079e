import { afterAll, beforeAll, expect, it } from 'vitest';
import { shortest } from '../../../core/model/decimal.ts';
import { halfBits, halfDecimal } from '../../../core/model/half.ts';
import { type Duck, openDuck } from '../../../platform/duckdb/connection.ts';
import { halfDecimalSql, singleDecimalSql } from '../../../usecases/validation/stored-sql.ts';

let duck: Duck;
beforeAll(async () => {
  duck = await openDuck();
});
afterAll(() => duck.close());

/** Of each number what `str(numpy.float32(x))` is, by numpy 2. */
const SINGLES = [
  [270780.125, '270780.12'],
  [270780.375, '270780.38'],
  [-3017974.75, '-3017974.8'],
  [1752255.25, '1752255.2'],
  [131072.09375, '131072.1'],
  [2 ** -14, '6.1035156e-05'],
  [0.1, '0.1'],
  [39.02, '39.02'],
  [8388607.5, '8388607.5'],
] as const;
/** The same of `numpy.float16`. */
const HALVES = [
  [0.0078125, '0.007812'],
  [0.015625, '0.01563'],
  [-0.015625, '-0.01563'],
  [0.1, '0.1'],
  [1023.5, '1023.5'],
] as const;

it.each(SINGLES)('a single float %s is %s, as numpy has it, in requests and in files', async (number, text) => {
  expect(shortest(Math.fround(number))).toBe(Number(text));
  const [row] = await duck.rows(`SELECT ${singleDecimalSql('v')} AS decimal FROM (SELECT '${number}'::FLOAT AS v)`);
  expect(row!.decimal).toBe(Number(text));
});

it.each(HALVES)('a half float %s is %s, as numpy has it, in requests and in files', async (number, text) => {
  const bits = halfBits(number);
  expect(halfDecimal(bits)).toBe(Number(text));
  const exact = Math.abs(number) === 0.1 ? 0.0999755859375 : number;
  const [row] = await duck.rows(`SELECT ${halfDecimalSql('v')} AS decimal FROM (SELECT '${exact}'::FLOAT AS v)`);
  expect(row!.decimal).toBe(Number(text));
});

it('a single float reads back from its decimal in both, whatever its bits', async () => {
  const bits = Uint32Array.from({ length: 20_000 }, (_, i) => (Math.imul(i, 2654435761) ^ (i << 7)) >>> 0);
  const singles = [...new Float32Array(bits.buffer)].filter((x) => Number.isFinite(x) && !Number.isInteger(x));
  const list = singles.map((x) => `'${x}'`).join(', ');
  const rows = await duck.rows(
    `SELECT ${singleDecimalSql('v')} AS decimal FROM (SELECT unnest([${list}])::FLOAT AS v)`,
  );
  expect(rows.map(({ decimal }) => decimal)).toEqual(singles.map(shortest));
  expect(singles.map((x) => Math.fround(shortest(x)))).toEqual(singles);
});
