import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { literal, withDuck } from '../platform/duckdb/connection.ts';
import { type Bench, ratioRow } from './bench.ts';

const ROWS = 1_000_000;
const ROUNDS = 3;

/** What a child process measured of its own work. */
interface Measured {
  readonly ms: number;
  readonly peakMb: number;
}

/**
 * Validation of a million rows of 20 columns (rules, reasons, quarantine, profile, Parquet out) against the bare
 * profile of the same file in DuckDB (the same bins, moments and missing counts; no rules): each in a process of its
 * own, in turn.
 */
export const bench: Bench = async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'trimtab-bench-'));
  try {
    const file = path.join(folder, 'million.csv');
    await withDuck(undefined, (duck) => duck.run(`COPY (${rows()}) TO ${literal(file)} (FORMAT csv, HEADER)`));
    const run = async (what: string): Promise<Measured> => {
      const script = path.resolve('bench/validate-process.ts');
      const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, what, file, folder]);
      return JSON.parse(stdout) as Measured;
    };
    const [whole, bare]: [Measured[], Measured[]] = [[], []];
    await run('profile');
    for (let round = 0; round < ROUNDS; round++) {
      whole.push(await run('validate'));
      bare.push(await run('profile'));
    }
    const median = (of: Measured[]): number => of.map(({ ms }) => ms).sort((a, b) => a - b)[Math.floor(of.length / 2)]!;
    const peak = Math.max(...whole.map(({ peakMb }) => peakMb));
    return [
      ratioRow('validation of 1 M rows x 20 columns of CSV, whole: time against the bare one-pass profile', {
        own: median(whole),
        other: median(bare),
        max: 2,
      }),
      {
        what: 'validation of 1 M rows x 20 columns of CSV: peak memory',
        measured: `${peak.toFixed(0)} MB`,
        target: '<= 700 MB',
        reached: peak <= 700,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Ten doubles, six integers, four texts; about one row in 200 breaks a rule of some kind. */
function rows(): string {
  const doubles = Array.from(
    { length: 10 },
    (_, i) =>
      `CASE WHEN hash(i, ${i}) % 20000 = 0 THEN -1e6 ELSE round((hash(i, ${i}, 1) % 100000) / 1000.0, 3) END AS d${i}`,
  );
  const integers = Array.from(
    { length: 6 },
    (_, i) => `CASE WHEN hash(i, ${i}, 2) % 20000 = 0 THEN NULL ELSE hash(i, ${i}, 3) % 1000 END AS n${i}`,
  );
  const texts = Array.from(
    { length: 4 },
    (_, i) => `CASE WHEN hash(i, ${i}, 4) % 20000 = 0 THEN 'odd' ELSE 'v' || hash(i, ${i}, 5) % 30 END AS s${i}`,
  );
  return `SELECT ${[...doubles, ...integers, ...texts].join(', ')} FROM range(${ROWS}) r(i)`;
}
