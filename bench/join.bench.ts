import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { captureWriter } from '../core/captures/capture-line.ts';
import type { Feature } from '../core/contract/contract.ts';
import { uniform } from '../core/explain/random.ts';
import { Manifest } from '../core/manifest/manifest.ts';
import { hourFolder } from '../core/model/hour-folder.ts';
import { decide } from '../core/registry/decide.ts';
import { EMPTY_STATE } from '../core/registry/ledger.ts';
import { openLocalHome } from '../platform/local/home.ts';
import type { Home } from '../platform/ports.ts';
import type { JoinSummary } from '../usecases/ground-truth/join-ground-truth.ts';
import { talliesOfVersion } from '../usecases/quality/describe-quality.ts';
import { readTallies } from '../usecases/quality/read-tallies.ts';
import type { Bench } from './bench.ts';

const CAPTURES = 1_000_000;
const TRUTHS = 100_000;
const HOURS = 24;
/** As a delivery stream has them: an object for some minutes. */
const OBJECTS_IN_HOUR = 12;
const TRUTH_FILES = 100;
const FIRST = Date.UTC(2026, 0, 1);
const MODEL = 'bench';

const manifest = Manifest.parse({
  name: MODEL,
  contract: {
    features: [
      { name: 'carrier', type: 'string', allowed: ['UA', 'DL', 'B6', 'AA', 'EV'] },
      { name: 'origin', type: 'string', allowed: ['EWR', 'JFK', 'LGA'] },
      ...['distance', 'hour', 'temperature', 'wind'].map((name) => ({ name, type: 'float' })),
    ],
  },
  monitoring: { segments: [{ feature: 'carrier' }, { feature: 'distance', edges: [500, 1_000, 2_000] }] },
  outputs: [{ name: 'p', meaning: 'probabilities' }],
  decision: { task: 'binary', output: 'p' },
});

/** What a process measured of its own work. */
interface Measured {
  readonly summary: JoinSummary;
  readonly ms: number;
  readonly peakMb: number;
}

/**
 * 100,000 truths, spread over the predictions of 24 hours, are joined with a million captures by a process that has read
 * none of them yet; then again with corrections of a thousand, as the next minute's run does.
 */
export const bench: Bench = async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'trimtab-bench-'));
  try {
    const home = await openLocalHome(folder);
    await register(home);
    await deliver(home);
    await send(home, 0, TRUTHS);
    const cold = await run(folder);
    await check(home, cold);
    await send(home, 1, 1_000);
    const next = await run(folder);
    await home.close();
    return [
      {
        what: '100,000 truths over 24 hours joined with 1 M captures, and tallies made: time',
        measured: `${(cold.ms / 1_000).toFixed(1)} s`,
        target: '<= 20 s',
        reached: cold.ms <= 20_000,
      },
      {
        what: 'the same: peak memory of the process',
        measured: `${cold.peakMb.toFixed(0)} MB`,
        target: '<= 500 MB',
        reached: cold.peakMb <= 500,
      },
      {
        what: '1,000 corrections of these by another process: time and peak memory',
        measured: `${(next.ms / 1_000).toFixed(1)} s, ${next.peakMb.toFixed(0)} MB`,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

async function run(folder: string): Promise<Measured> {
  const script = path.resolve('bench/join-process.ts');
  const now = new Date(FIRST + HOURS * 3_600_000).toISOString();
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, folder, now]);
  return JSON.parse(stdout) as Measured;
}

async function register(home: Home): Promise<void> {
  const at = new Date(FIRST - 3_600_000).toISOString();
  const registered = { type: 'register', version: 1, reason: 'bench' } as const;
  const entry = decide(EMPTY_STATE, registered, { model: MODEL, at, actor: 'bench' });
  await home.ledger.append(entry, {
    model: MODEL,
    version: 1,
    artifact: { digest: '0'.repeat(64), key: `models/${'0'.repeat(64)}.onnx`, bytes: 1 },
    signature: {
      inputs: [{ name: 'x', type: 'float32', shape: [-1, 6] }],
      outputs: [{ name: 'p', type: 'float32', shape: [-1, 2] }],
    },
    manifest,
    metrics: {},
    registeredAt: at,
    registeredBy: 'bench',
  });
}

/** Captures as the endpoint writes them, evenly over the hours. */
async function deliver(home: Home): Promise<void> {
  const random = uniform(1);
  const pick = (values: readonly string[]): string => values[Math.floor(random() * values.length)]!;
  const features = manifest.contract.features as readonly Feature[];
  const writer = captureWriter(MODEL, { features });
  const inObject = Math.ceil(CAPTURES / (HOURS * OBJECTS_IN_HOUR));
  for (let object = 0, id = 0; id < CAPTURES; object++) {
    const lines: string[] = [];
    const start = FIRST + (object * 3_600_000) / OBJECTS_IN_HOUR;
    for (let i = 0; i < inObject && id < CAPTURES; i++, id++) {
      const numbers = Array.from({ length: 4 }, () => Float64Array.of(Math.round(random() * 3_000)));
      const line = writer.lines({
        id: idOf(id),
        version: 1,
        variant: 'champion',
        at: new Date(start + (i * 3_600_000) / OBJECTS_IN_HOUR / inObject).toISOString(),
        rows: 1,
        ms: 3.21,
        values: [[pick(['UA', 'DL', 'B6', 'AA', 'EV'])], [pick(['EWR', 'JFK', 'LGA'])], ...numbers],
        outputs: { scores: [Math.round(random() * 1e6) / 1e6] },
        findings: [],
      });
      lines.push(...line);
    }
    const at = new Date(start).toISOString();
    const key = `captures/${hourFolder(at)}/${String(object).padStart(4, '0')}.gz`;
    await home.captures.put(key, gzipSync(`${lines.join('\n')}\n`, { level: 1 }));
  }
}

/** An id as the endpoint makes them: random, so that no two have a beginning in common. */
const idOf = (index: number): string =>
  `${Math.imul(index + 1, 0x9e3779b1)
    .toString(16)
    .replace('-', 'f')
    .padStart(8, '0')}-6c1f-4a55-9b1e-${String(index).padStart(12, '0')}`;

/** Truths of every so many predictions, in no order of time. */
async function send(home: Home, truth: number, count: number): Promise<void> {
  const [step, inFile] = [CAPTURES / count, count / TRUTH_FILES];
  for (let file = 0; file < TRUTH_FILES; file++) {
    const lines = Array.from({ length: inFile }, (_, i) => {
      const id = idOf((i * TRUTH_FILES + file) * step);
      return JSON.stringify({ id, truth });
    });
    await home.data.put(`ground-truth/incoming/${MODEL}/${truth}-${file}.jsonl`, `${lines.join('\n')}\n`);
  }
}

/** Whether every truth is in the tallies: a join that loses some would be fast. */
async function check(home: Home, { summary }: Measured): Promise<void> {
  const to = new Date(FIRST + HOURS * 3_600_000);
  const hours = await readTallies(home, { model: MODEL, from: new Date(FIRST), to });
  const counted = talliesOfVersion(hours, 1).reduce(
    (sum, { strata }) => sum + strata.reduce((rows, { segments }) => rows + segments['']!.units.rows, 0),
    0,
  );
  if (summary.joined !== TRUTHS || hours.length !== HOURS || counted !== TRUTHS)
    throw new Error(
      `${summary.joined} joined, ${counted} counted in ${hours.length} hours, expected ${TRUTHS} in ${HOURS}`,
    );
}
