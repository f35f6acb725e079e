import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Bench, BenchRow } from './bench.ts';
import { aaRows } from './judge/a-a.ts';
import { scenarioRows } from './judge/scenarios.ts';

const DOCUMENT = path.join(import.meta.dirname, '../docs/how-trimtab-decides.md');
const [BEGIN, END] = ['<!-- measured: npm run bench -- judge -->', '<!-- end of measured -->'];

/**
 * Operating characteristics of the judge: every scenario with 50 seeds, and a thousand rollouts of canaries that equal
 * their champion. Writes the tables of docs/how-trimtab-decides.md.
 *
 * BENCH_ROWS (a regular expression of files), BENCH_SEEDS, BENCH_LONG_SEEDS (of scenarios of half a day and more) and
 * BENCH_ROLLOUTS make it shorter; with the first, nothing is written.
 */
export const bench: Bench = async () => {
  const { BENCH_ROWS, BENCH_SEEDS, BENCH_LONG_SEEDS, BENCH_ROLLOUTS } = process.env;
  const usual = Number(BENCH_SEEDS ?? 50);
  const rows = await scenarioRows({
    usual,
    long: Number(BENCH_LONG_SEEDS ?? usual),
    rows: new RegExp(BENCH_ROWS ?? '.'),
  });
  rows.push(...aaRows(Number(BENCH_ROLLOUTS ?? 1_000)));
  if (BENCH_ROWS === undefined) writeTables(rows);
  return rows;
};

function writeTables(rows: readonly BenchRow[]): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < 0) throw new Error(`${DOCUMENT} has no place for what is measured`);
  const lines = rows.map(
    ({ what, target, measured, reached }) => `| ${what} | ${target} | ${measured} | ${reached ? 'yes' : '**no**'} |`,
  );
  const table = ['| scenario | must | median / 90 % of seeds | holds |', '|---|---|---|---|', ...lines].join('\n');
  writeFileSync(DOCUMENT, `${text.slice(0, before)}${BEGIN}\n\n${table}\n\n${text.slice(after)}`);
}
