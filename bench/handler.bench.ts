import { fork } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Bench, median, micro, type Row, ratioRow } from './bench.ts';
import { deploy, event, features, MODEL } from './function.ts';

/** Rows of a request, and how often it is made. */
const BATCHES = [
  { rows: 1, runs: 20_000 },
  { rows: 64, runs: 4_000 },
  { rows: 1_024, runs: 600 },
];

interface Times {
  readonly rows: number;
  readonly whole: number[];
  readonly bare: number[];
}

/**
 * The whole inference handler (HTTP API event in, response out; contract check, metrics line and capture line written
 * to the null device) against bare `session.run` of the same model, alternating in blocks within one process.
 */
export const bench: Bench = async () => {
  const deployed = await deploy();
  const sink = openSync('/dev/null', 'w');
  try {
    const jobs = BATCHES.map(({ rows, runs }) => ({ rows, runs, event: event(rows), features: features(rows) }));
    const jobFile = path.join(deployed.folder, 'jobs.json');
    writeFileSync(jobFile, JSON.stringify(jobs));
    const times = await new Promise<Times[]>((resolve, reject) => {
      const child = fork(path.resolve('bench/handler-process.cjs'), [deployed.bundle, MODEL, jobFile], {
        env: { ...process.env, ...deployed.env },
        execArgv: [],
        stdio: ['ignore', sink, 'inherit', 'ipc'],
      });
      child.once('message', (message) => resolve(message as Times[]));
      child.once('exit', (code) => reject(new Error(`the handler's process ended with ${code}`)));
    });
    return times.flatMap(({ rows, whole, bare }) => rowsOf(rows, median(whole), median(bare)));
  } finally {
    closeSync(sink);
    await deployed.remove();
  }
};

function rowsOf(rows: number, whole: number, bare: number): Row[] {
  const what = `inference handler, whole, 100 trees x depth 6, 30 features, batch ${rows}: p50 against bare session.run`;
  if (rows === 1)
    return [
      {
        what: 'inference handler, whole, batch 1: p50',
        measured: micro(whole),
        target: '<= 120 µs',
        reached: whole <= 0.12,
      },
      ratioRow(what, whole, bare, 10),
    ];
  if (rows === 1_024) return [ratioRow(what, whole, bare, 2)];
  return [{ ...ratioRow(what, whole, bare, 0), target: undefined, reached: undefined }];
}
