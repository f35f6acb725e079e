import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { literal, withDuck } from '../platform/duckdb/connection.ts';
import { type Bench, type BenchRow, median, ratioRow } from './bench.ts';
import { missingPeer, programOf } from './peers.ts';
import { tableSql, wideText, wrongTypesSql } from './validate-data.ts';

const ROWS = 1_000_000;
const ROUNDS = 3;
const MAX_PEAK_MB = 700;
const MAX_MS = 10_000;

/** What a child process measured of its own work. */
interface Measured {
  readonly ms: number;
  readonly cpuMs: number;
  readonly peakMb: number;
}

/**
 * Validation of a million rows of 20 columns (records, rules, all reasons, quarantine with its text, profile, Parquet)
 * against plain DuckDB SQL that does the same work (peers/validate.ts) with the same memory and threads: each in a
 * process of its own, in turn. Great Expectations, where it is installed, checks the same rules and writes nothing. Besides: ten times the rows, 40 % bad rows, 5,000 columns, JSON lines of wrong types.
 */
export const bench: Bench = async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'trimtab-bench-'));
  try {
    const run = async (what: string, file: string, shape = 'table'): Promise<Measured> => {
      const script = path.resolve('bench/validate-process.ts');
      const args = ['--import', 'tsx', script, what, file, folder, shape];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      return JSON.parse(stdout) as Measured;
    };
    const make = async (name: string, sql: string, format: string): Promise<string> => {
      const file = path.join(folder, name);
      await withDuck(undefined, (duck) => duck.run(`COPY (${sql}) TO ${literal(file)} (FORMAT ${format})`));
      return file;
    };
    const million = await make('million.csv', tableSql(ROWS), 'csv, HEADER');
    const bad = await make('bad.csv', tableSql(ROWS, 40), 'csv, HEADER');
    const [whole, plain, fortyPercent]: [Measured[], Measured[], Measured[]] = [[], [], []];
    const expectations: Measured[] = [];
    const withoutPeer = missingPeer(GREAT_EXPECTATIONS);
    await run('plain', million);
    for (let round = 0; round < ROUNDS; round++) {
      whole.push(await run('validate', million));
      plain.push(await run('plain', million));
      fortyPercent.push(await run('validate', bad));
      if (withoutPeer === undefined) expectations.push(await expect(million));
    }
    const time = (of: readonly Measured[]): number => median(of.map(({ ms }) => ms));
    const cpu = (of: readonly Measured[]): number => median(of.map(({ cpuMs }) => cpuMs));
    const rows: BenchRow[] = [
      ratioRow('validation of 1 M rows x 20 columns of CSV, whole: time against plain DuckDB SQL that does the same', {
        own: time(whole),
        other: time(plain),
        max: 1.5,
      }),
      ratioRow('the same in time of the processor', { own: cpu(whole), other: cpu(plain) }),
      peakRow(
        'validation of 1 M rows x 20 columns of CSV: peak memory',
        Math.max(...whole.map(({ peakMb }) => peakMb)),
      ),
      withoutPeer === undefined
        ? ratioRow(AGAINST_EXPECTATIONS, { own: time(whole), other: time(expectations), max: 1 })
        : { what: AGAINST_EXPECTATIONS, measured: withoutPeer },
      ratioRow('the same with 40 % bad rows, against hardly any', {
        own: time(fortyPercent),
        other: time(whole),
        max: 2,
      }),
    ];
    await rm(bad);
    const tenMillion = await run('validate', await make('ten-million.csv', tableSql(10 * ROWS), 'csv, HEADER'));
    rows.push(
      ratioRow('validation of 10 M rows x 20 columns, against 1 M', {
        own: tenMillion.ms,
        other: time(whole),
        max: 11,
      }),
      peakRow('validation of 10 M rows x 20 columns of CSV: peak memory', tenMillion.peakMb),
    );
    await rm(path.join(folder, 'ten-million.csv'));
    const wide = path.join(folder, 'wide.csv');
    await writeFile(wide, wideText(200));
    rows.push(timeRow('validation of 200 rows x 5,000 columns of CSV', await run('validate', wide, 'wide')));
    const lines = await make('lines.jsonl', wrongTypesSql(ROWS / 2), 'json');
    rows.push(timeRow('validation of 500,000 JSON lines, half of them of a wrong type', await run('validate', lines)));
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const GREAT_EXPECTATIONS = 'great_expectations';
const AGAINST_EXPECTATIONS =
  'validation of 1 M rows x 20 columns: time against Great Expectations, which writes nothing';

/** The same rules by Great Expectations. */
async function expect(file: string): Promise<Measured> {
  const script = path.resolve('bench/peers/great_expectations_validate.py');
  const { stdout } = await promisify(execFile)(programOf(GREAT_EXPECTATIONS, 'python'), [script, file]);
  return JSON.parse(stdout) as Measured;
}

const peakRow = (what: string, peakMb: number): BenchRow => ({
  what,
  measured: `${peakMb.toFixed(0)} MB`,
  target: `<= ${MAX_PEAK_MB} MB`,
  reached: peakMb <= MAX_PEAK_MB,
});

const timeRow = (what: string, { ms }: Measured): BenchRow => ({
  what,
  measured: `${(ms / 1_000).toFixed(1)} s`,
  target: `<= ${MAX_MS / 1_000} s`,
  reached: ms <= MAX_MS,
});
