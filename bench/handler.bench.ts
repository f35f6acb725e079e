import { fork } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Bench, type BenchRow, median, micro, ratioRow } from './bench.ts';
import {
  binaryImageEvent,
  type Deployed,
  deploy,
  event,
  eventV1,
  features,
  IMAGE_SHAPE,
  imageEvent,
  TREE_MODEL,
} from './deployed-function.ts';

/** A request that is made again and again, and what it is held against. */
interface Job {
  readonly what: string;
  readonly runs: number;
  readonly event: object;
  /** The model's file, its input, and what the bare run is given. */
  readonly model: string;
  readonly input: string;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Times {
  readonly what: string;
  /** Milliseconds of the handler, of `session.run` alone, and of JSON.parse of the body alone. */
  readonly whole: number[];
  readonly bare: number[];
  readonly parse: number[];
}

const BATCHES = [
  { rows: 1, runs: 20_000 },
  { rows: 64, runs: 4_000 },
  { rows: 1_024, runs: 600 },
];

/**
 * The whole inference handler (HTTP API event in, response out; contract check, metrics line and capture line written
 * to the null device) against bare `session.run` of the same model, alternating in blocks within one process.
 */
export const bench: Bench = async () => {
  const deployed = await deploy({ image: true });
  const sink = openSync('/dev/null', 'w');
  try {
    const jobFile = path.join(deployed.folder, 'jobs.json');
    writeFileSync(jobFile, JSON.stringify([...treeJobs(), ...imageJobs(deployed)]));
    const times = await new Promise<Times[]>((resolve, reject) => {
      const child = fork(path.resolve('bench/handler-process.cjs'), [deployed.bundle, jobFile], {
        env: { ...process.env, ...deployed.env },
        execArgv: (process.env.TRIMTAB_BENCH_NODE ?? '').split(' ').filter(Boolean),
        stdio: ['ignore', sink, 'inherit', 'ipc'],
      });
      child.once('message', (message) => resolve(message as Times[]));
      child.once('exit', (code) => reject(new Error(`the handler's process ended with ${code}`)));
    });
    return times.flatMap(rowsOf);
  } finally {
    closeSync(sink);
    await deployed.remove();
  }
};

const treeJobs = (): Job[] =>
  BATCHES.flatMap(({ rows, runs }) =>
    [
      { protocol: 'v2', event: event(rows) },
      { protocol: 'v1', event: eventV1(rows) },
    ].map(({ protocol, event }) => ({
      what: `${protocol} ${rows}`,
      runs,
      event,
      model: TREE_MODEL,
      input: 'features',
      shape: [rows, 30],
      data: features(rows),
    })),
  );

function imageJobs({ image }: Deployed): Job[] {
  const pixels = features(Math.ceil((3 * 224 * 224) / 30)).slice(0, 3 * 224 * 224);
  const against = { runs: 100, model: image, input: 'image', shape: IMAGE_SHAPE, data: pixels };
  return [
    { what: 'image JSON', event: imageEvent(pixels), ...against },
    { what: 'image binary', event: binaryImageEvent(pixels), ...against },
  ];
}

function rowsOf({ what, ...times }: Times): BenchRow[] {
  const [whole, bare] = [median(times.whole), median(times.bare)];
  const beyond = whole - bare;
  if (what === 'image JSON')
    return [
      ratioRow('1x3x224x224 as JSON, all but the run: p50 against JSON.parse alone', {
        own: beyond,
        other: median(times.parse),
        max: 1.5,
      }),
    ];
  if (what === 'image binary')
    return [
      {
        what: '1x3x224x224 as binary tensor, all but the run: p50',
        measured: micro(beyond),
        target: '<= 1 ms',
        reached: beyond <= 1,
      },
    ];
  const [protocol, rows] = what.split(' ');
  const name = `inference handler, whole, by ${protocol}, 100 trees x depth 6, 30 features, batch ${rows}: p50 against bare session.run`;
  if (rows === '1')
    return [
      {
        what: `inference handler, whole, by ${protocol}, batch 1: p50`,
        measured: micro(whole),
        target: '<= 100 µs',
        reached: whole <= 0.1,
      },
      ratioRow(name, { own: whole, other: bare, max: 10 }),
    ];
  if (rows === '1024') return [ratioRow(name, { own: whole, other: bare, max: 2 })];
  return [ratioRow(name, { own: whole, other: bare })];
}
