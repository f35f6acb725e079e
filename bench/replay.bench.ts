import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Manifest } from '../core/manifest/manifest.ts';
import { hourFolder } from '../core/model/hour-folder.ts';
import { decide } from '../core/registry/decide.ts';
import { EMPTY_STATE } from '../core/registry/ledger.ts';
import { ReplayTally, replaysPrefix } from '../core/replay/replay-tally.ts';
import { digestOf } from '../platform/digest.ts';
import { openLocalHome } from '../platform/local/home.ts';
import { loadModel, readSignature } from '../platform/onnx/model.ts';
import type { Home } from '../platform/ports.ts';
import { bundled } from '../test/fixtures/bundled.ts';
import { Registry } from '../usecases/registry/registry.ts';
import { Replay } from '../usecases/replay/replay-releases.ts';
import { type Bench, median, ratioRow } from './bench.ts';
import { features, TREE_MODEL } from './deployed-function.ts';

const WIDTH = 30;
const ROWS = 10_000;
const RUNS = 5;
const TARGET_MS = 2_000;

/**
 * Asks a canary and the champion again about requests that the canary failed, each of one row: from captures in the
 * store to the tally, with the start of a process for each model.
 */
export const bench: Bench = async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'trimtab-bench-replay-'));
  const home = await openLocalHome(folder);
  try {
    const file = await bundled(folder, 'worker', 'platform/onnx/worker/entry.ts');
    await registerTwice(home);
    const rows = rowsOf(ROWS);
    await capture(home, rows);
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      for await (const { key } of home.data.list(replaysPrefix('bench'))) await home.data.delete(key);
      const replay = new Replay(home, { entry: { file } });
      const from = performance.now();
      await replay.run(home.clock.now());
      times.push(performance.now() - from);
      await assertAsked(home);
    }
    const bare = await bareRuns(rows);
    const what = `replay of ${ROWS} rows, 100 trees x depth 6, ${WIDTH} features, asked of two versions, against bare runs of as many`;
    const { measured } = ratioRow(what, { own: median(times), other: bare });
    return [{ what, measured, target: `<= ${TARGET_MS} ms`, reached: median(times) <= TARGET_MS }];
  } finally {
    await home.close();
    await rm(folder, { recursive: true, force: true });
  }
};

const MANIFEST = {
  name: 'bench',
  contract: {
    features: Array.from({ length: WIDTH }, (_, index) => ({
      name: `f${index}`,
      type: 'float',
      input: 'features',
      index,
    })),
  },
  decision: { task: 'binary', output: 'probabilities', column: 1 },
};

/** The same model as the champion and, under another manifest, as a canary beside it. */
async function registerTwice(home: Home): Promise<void> {
  const digest = digestOf(await readFile(TREE_MODEL));
  const key = `models/${digest}.onnx`;
  await home.artifacts.upload(key, TREE_MODEL, { ifAbsent: true });
  const registry = new Registry(home, 'bench');
  const signature = await readSignature(TREE_MODEL);
  const at = home.clock.now().toISOString();
  for (const version of [1, 2]) {
    const state = (await home.ledger.latest('bench'))?.state ?? EMPTY_STATE;
    const command = { type: 'register', version, reason: 'bench' } as const;
    await home.ledger.append(decide(state, command, { model: 'bench', at, actor: 'bench' }), {
      model: 'bench',
      version,
      artifact: { key, digest, bytes: 1 },
      signature,
      manifest: Manifest.parse(MANIFEST),
      metrics: {},
      registeredAt: at,
      registeredBy: 'bench',
    });
    await registry.apply('bench', { type: 'approve', version, reason: 'bench' });
  }
  await registry.apply('bench', { type: 'release', version: 1, reason: 'bench' });
  await registry.apply('bench', { type: 'start-canary', version: 2, steps: [0.5, 1], reason: 'bench' });
}

function rowsOf(count: number): number[][] {
  const flat = Array.from(features(count) as ArrayLike<number>);
  return Array.from({ length: count }, (_, i) => flat.slice(i * WIDTH, (i + 1) * WIDTH));
}

async function capture(home: Home, rows: readonly number[][]): Promise<void> {
  const at = home.clock.now().toISOString();
  const lines = rows.map((row, i) =>
    JSON.stringify({
      trimtab: 'capture',
      model: 'bench',
      id: `bench-${i}`,
      version: 2,
      variant: 'challenger',
      at,
      rows: 1,
      ms: 1,
      features: Object.fromEntries(row.map((value, feature) => [`f${feature}`, [value]])),
      failed: 'internal',
    }),
  );
  await home.captures.put(`captures/${hourFolder(at)}/bench.jsonl`, `${lines.join('\n')}\n`);
}

async function assertAsked(home: Home): Promise<void> {
  for await (const { key } of home.data.list(replaysPrefix('bench'))) {
    const { failures } = ReplayTally.parse(JSON.parse(new TextDecoder().decode(await home.data.get(key))));
    if (failures.n === ROWS && failures.both + failures.suspectOnly === 0) return;
  }
  throw new Error(`expected a tally of ${ROWS} rows`);
}

/** Both models, in this process, in batches: what no replay can do without. */
async function bareRuns(rows: readonly number[][]): Promise<number> {
  const model = await loadModel(TREE_MODEL, { digest: digestOf(await readFile(TREE_MODEL)) });
  const input = model.signature.inputs[0]!.name;
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const from = performance.now();
    for (let side = 0; side < 2; side++)
      for (let at = 0; at < rows.length; at += 512) {
        const batch = rows.slice(at, at + 512);
        const data = Float32Array.from(batch.flat());
        await model.run({ [input]: { type: 'float32', shape: [batch.length, WIDTH], data } });
      }
    times.push(performance.now() - from);
  }
  await model.release();
  return median(times);
}
