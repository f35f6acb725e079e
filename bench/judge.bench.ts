import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Bench, BenchRow } from './bench.ts';
import { aaRows } from './judge/a-a.ts';
import { scenarioRows } from './judge/scenarios.ts';

const DOCUMENT = path.join(import.meta.dirname, '../docs/how-trimtab-decides.md');
const [BEGIN, END] = ['<!-- measured: npm run bench -- judge -->', '<!-- end of measured -->'];

/**
 * Operating characteristics of the judge: every scenario with 50 seeds (of those longer than half a day 10), and a
 * thousand rollouts of canaries that equal their champion. Writes the tables of docs/how-trimtab-decides.md.
 *
 * BENCH_SEEDS and BENCH_ROLLOUTS make it shorter, and then nothing is written.
 */
export const bench: Bench = async () => {
  const { BENCH_SEEDS: seeds, BENCH_ROLLOUTS: rollouts } = process.env;
  const rows = [...(await scenarioRows(Number(seeds ?? 50))), ...aaRows(Number(rollouts ?? 1_000))];
  if (seeds === undefined && rollouts === undefined) writeTables(rows);
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
