import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { perceptronModel } from '../test/fixtures/onnx/write.ts';
import { type Bench, median, type Row } from './bench.ts';
import { MODEL } from './function.ts';
import {
  body,
  bundleCommand,
  type Load,
  load,
  modelFolder,
  peerPython,
  releaseAll,
  remove,
  type Server,
  startFastApi,
  startTrimtab,
} from './serving.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 4);
const CALLERS = 16;
const BATCH_CALLERS = 64;
/** What a request may take at most where batches wait for others: the wait, and some runs of others. */
const BATCHING = { maxRows: 64, maxDelayMs: 5 };

const TREE_INPUT = { name: 'features', width: 30 };
const SMALL_INPUT = { name: 'x', width: 30 };
const LARGE_INPUT = { name: 'x', width: 256 };
/** 5.2 million weights: 20 MB. */
const LARGE = [256, 2048, 2048, 256];

/**
 * One-row requests to `trimtab serve` (contract check, capture and metrics on) and to the same model behind FastAPI, one
 * process and one thread of ONNX Runtime each, loaded by turns; and micro-batching of a large model against none.
 */
export const bench: Bench = async () => {
  const folder = await bundleCommand();
  try {
    return [...(await againstPeers(folder)), ...(await batching(folder))];
  } finally {
    await remove(folder);
  }
};

async function againstPeers(folder: string): Promise<Row[]> {
  const python = peerPython('fastapi');
  if (python === undefined) return [{ what: 'against FastAPI', measured: 'skipped: see bench/peers/README.md' }];
  const home = path.join(folder, 'home');
  const tree = await modelFolder(folder, 'tree', MODEL, TREE_INPUT);
  const small = await modelFolder(folder, 'perceptron', perceptronModel([30, 32, 16, 2]), SMALL_INPUT);
  await releaseAll(home, [tree, small]);
  const rows: Row[] = [];
  const own = await startTrimtab(folder, home);
  try {
    for (const [what, model, from, input] of [
      ['100 trees', 'tree', tree, TREE_INPUT],
      ['small perceptron', 'perceptron', small, SMALL_INPUT],
    ] as const) {
      const peer = await startFastApi(python, path.join(from, 'model.onnx'));
      const bodyFile = path.join(folder, `${model}.json`);
      await writeFile(bodyFile, body(input));
      try {
        const [ours, theirs] = await byTurns([own, peer], `/v2/models/${model}/infer`, bodyFile, CALLERS);
        rows.push(faster(`${what}, one row, ${CALLERS} callers: requests a second against FastAPI`, ours!, theirs!, 3));
        rows.push(sooner(`${what}: p99 against FastAPI`, ours!, theirs!, 0.5));
      } finally {
        await peer.stop();
      }
    }
  } finally {
    await own.stop();
  }
  return rows;
}

async function batching(folder: string): Promise<Row[]> {
  const weights = perceptronModel(LARGE);
  const plain = await modelFolder(folder, 'plain', weights, LARGE_INPUT);
  const batched = await modelFolder(folder, 'batched', weights, LARGE_INPUT, { serving: { batching: BATCHING } });
  const home = path.join(folder, 'home-large');
  await releaseAll(home, [plain, batched]);
  const server = await startTrimtab(folder, home);
  const bodyFile = path.join(folder, 'large.json');
  await writeFile(bodyFile, body(LARGE_INPUT));
  try {
    const alone: Load[] = [];
    const together: Load[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      const first = await load(`${server.url}/v2/models/plain/infer`, bodyFile, BATCH_CALLERS, SECONDS);
      const second = await load(`${server.url}/v2/models/batched/infer`, bodyFile, BATCH_CALLERS, SECONDS);
      if (round < 0) continue;
      alone.push(first);
      together.push(second);
    }
    return [
      faster(
        `perceptron of 20 MB, ${BATCH_CALLERS} callers: requests a second, batched against not`,
        together,
        alone,
        2,
      ),
      sooner('the same: p99', together, alone, 1),
    ];
  } finally {
    await server.stop();
  }
}

/** A warm-up round, then rounds by turns, so that what else the machine does meets all alike. */
async function byTurns(servers: readonly Server[], at: string, bodyFile: string, callers: number): Promise<Load[][]> {
  const loads: Load[][] = servers.map(() => []);
  for (let round = -1; round < ROUNDS; round++)
    for (const [i, server] of servers.entries()) {
      const result = await load(server.url + at, bodyFile, callers, SECONDS);
      if (result.failed > 0) throw new Error(`${result.failed} of ${result.requests} requests to ${server.url} failed`);
      if (round >= 0) loads[i]!.push(result);
    }
  return loads;
}

const perSecond = (loads: readonly Load[]): number => median(loads.map(({ requests, seconds }) => requests / seconds));
const p99 = (loads: readonly Load[]): number => median(loads.map((each) => each.p99));

function faster(what: string, own: readonly Load[], other: readonly Load[], least: number): Row {
  const [a, b] = [perSecond(own), perSecond(other)];
  return {
    what,
    measured: `${a.toFixed(0)}/s, ${(a / b).toFixed(2)} x of ${b.toFixed(0)}/s`,
    target: `>= ${least} x`,
    reached: a / b >= least,
  };
}

function sooner(what: string, own: readonly Load[], other: readonly Load[], most: number): Row {
  const [a, b] = [p99(own), p99(other)];
  return {
    what,
    measured: `${a.toFixed(1)} ms, ${(a / b).toFixed(2)} x of ${b.toFixed(1)} ms`,
    target: `<= ${most} x`,
    reached: a / b <= most,
  };
}
