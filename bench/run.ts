import { execFile } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { glob } from 'tinyglobby';
import type { Bench, BenchRow } from './bench.ts';

/**
 * Runs bench/*.bench.ts (or those whose names contain an argument), each in a process of its own, one after the other,
 * and prints one table in Markdown. Ends with status 1 when a target is missed.
 */
const MARK = 'rows:';

async function main(args: string[]): Promise<void> {
  if (args[0] === '--one') {
    const { bench } = (await import(pathToFileURL(args[1]!).href)) as { bench: Bench };
    const rows = await bench();
    process.stdout.write(`${MARK}${JSON.stringify(rows)}\n`);
    return;
  }
  const files = (await glob('bench/*.bench.ts')).sort();
  const chosen = files.filter((file) => args.length === 0 || args.some((arg) => path.basename(file).includes(arg)));
  const rows: BenchRow[] = [];
  for (const file of chosen) {
    process.stderr.write(`${file} …\n`);
    rows.push(...(await runApart(file)));
  }
  process.stdout.write(`${table(rows)}\n`);
  if (rows.some((row) => row.reached === false)) process.exitCode = 1;
}

async function runApart(file: string): Promise<BenchRow[]> {
  const args = [...process.execArgv, process.argv[1]!, '--one', path.resolve(file)];
  const running = promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 });
  // What takes long says how it goes.
  running.child.stderr?.pipe(process.stderr);
  const { stdout } = await running;
  const line = stdout.split('\n').findLast((each) => each.startsWith(MARK));
  if (line === undefined) throw new Error(`${file} gave no rows`);
  return JSON.parse(line.slice(MARK.length)) as BenchRow[];
}

function formatReached(reached: boolean | undefined): string {
  if (reached === undefined) return '';
  return reached ? 'yes' : 'NO';
}

function table(rows: readonly BenchRow[]): string {
  const lines = rows.map(
    (row) => `| ${row.what} | ${row.measured} | ${row.target ?? ''} | ${formatReached(row.reached)} |`,
  );
  const machine = `Node ${process.versions.node}, ${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown processor'}`;
  return [
    `Measured on ${machine}.`,
    '',
    '| what | measured | target | reached |',
    '| --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

void main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
  process.exitCode = 1;
});
