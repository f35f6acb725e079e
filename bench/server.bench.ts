import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadModel, type OnnxModel } from '../platform/onnx/model.ts';
import { perceptronModel } from '../test/fixtures/onnx/write.ts';
import { type Bench, type BenchRow, median } from './bench.ts';
import { TREE_MODEL } from './deployed-function.ts';
import { BARE, FASTAPI, MLSERVER, missingLoad, type Peer } from './peers.ts';
import {
  body,
  bundleCommand,
  type Load,
  loadTest,
  modelFolder,
  releaseAll,
  remove,
  type Server,
  type StartOptions,
  startTrimtab,
} from './serving.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
/** Every server is loaded for so long before the first round: V8 compiles what is hot beside the answers, in its time. */
const WARM_SECONDS = Number(process.env.BENCH_WARM_SECONDS ?? 12);
const CALLERS = 16;
const APART: StartOptions = { apart: true };

const TREE_INPUT = { name: 'features', width: 30 };
const SMALL_INPUT = { name: 'x', width: 30 };

/** What has to be reached against each peer: throughput at least, p99 at most; nothing against the yardstick. */
const PEERS: readonly { readonly peer: Peer; readonly faster?: number; readonly sooner?: number }[] = [
  { peer: BARE },
  { peer: FASTAPI, faster: 3, sooner: 0.5 },
  { peer: MLSERVER, faster: 5 },
];

/**
 * One-row requests to `trimtab serve` (contract check, capture and metrics on) and to the same model in its peers, one
 * process and one thread of ONNX Runtime each, on one core, loaded by turns; and micro-batching of a large model
 * against none. One of the two by BENCH_PARTS=peers or BENCH_PARTS=batching.
 */
export const bench: Bench = async () => {
  const missing = missingLoad();
  if (missing !== undefined) return [{ what: 'the server', measured: `skipped: ${missing}` }];
  const folder = await bundleCommand();
  const parts = { peers: againstPeers, batching };
  const wanted = process.env.BENCH_PARTS?.split(',') ?? Object.keys(parts);
  try {
    const rows: BenchRow[] = [];
    for (const [name, measure] of Object.entries(parts))
      if (wanted.includes(name)) rows.push(...(await measure(folder)));
    return rows;
  } finally {
    await remove(folder);
  }
};

async function againstPeers(folder: string): Promise<BenchRow[]> {
  const home = path.join(folder, 'home');
  const tree = await modelFolder(folder, { name: 'tree', model: TREE_MODEL, input: TREE_INPUT });
  const small = await modelFolder(folder, {
    name: 'perceptron',
    model: perceptronModel([30, 32, 16, 2]),
    input: SMALL_INPUT,
  });
  await releaseAll(home, [tree, small]);
  const rows: BenchRow[] = [];
  for (const [what, model, from, input] of [
    ['100 trees', 'tree', tree, TREE_INPUT],
    ['small perceptron', 'perceptron', small, SMALL_INPUT],
  ] as const) {
    const bodyFile = path.join(folder, `${model}.json`);
    await writeFile(bodyFile, body(input));
    const present = PEERS.filter(({ peer }) => peer.missing === undefined);
    const servers: Server[] = [];
    try {
      servers.push(await startTrimtab(folder, home, APART));
      for (const { peer } of present) servers.push(await peer.start(path.join(from, 'model.onnx'), model, APART));
      const [ours, ...theirs] = await byTurns(servers, `/v2/models/${model}/infer`, bodyFile);
      for (const { peer, faster: least, sooner: most } of PEERS) {
        const loads = theirs[present.findIndex((each) => each.peer === peer)];
        const of = `${what}, one row, ${CALLERS} callers, against ${peer.name}`;
        if (loads === undefined) rows.push({ what: of, measured: peer.missing! });
        else
          rows.push(faster(`${of}: requests a second`, ours!, loads, least), sooner(`${of}: p99`, ours!, loads, most));
      }
    } finally {
      for (const server of servers) await server.stop();
    }
  }
  return rows;
}

/** Rounds of short turns, each begun by the next server, so that what else the machine does meets all alike. */
async function byTurns(servers: readonly Server[], at: string, bodyFile: string): Promise<Load[][]> {
  const turn = async (server: Server): Promise<Load> => {
    const result = await loadTest({ url: server.url + at, bodyFile, callers: CALLERS, seconds: SECONDS, ...APART });
    if (result.failed > 0) throw new Error(`${result.failed} of ${result.requests} requests to ${server.url} failed`);
    return result;
  };
  for (const server of servers) await warm(() => turn(server));
  const loads: Load[][] = servers.map(() => []);
  for (let round = 0; round < ROUNDS; round++)
    for (let i = 0; i < servers.length; i++) {
      const at = (round + i) % servers.length;
      loads[at]!.push(await turn(servers[at]!));
    }
  return loads;
}

async function warm(turn: () => Promise<Load>): Promise<void> {
  for (let seconds = 0; seconds < WARM_SECONDS; seconds += SECONDS) await turn();
}

const BATCH_CALLERS = 64;
const BATCHING = { maxRows: 64, maxDelayMs: 5 };
const WIDTH = 256;
const LARGE_INPUT = { name: 'x', width: WIDTH };
/** 5.2 million weights: 20 MB. */
const LARGE = [WIDTH, 2048, 2048, WIDTH];
/** As much goes in and out of it, and next to nothing is done between. */
const HOLLOW = [WIDTH, 1, WIDTH];

/**
 * The bound on p99 is what the manifest allows and the work itself takes, and nothing that the server could make of it:
 * a request that has just missed a run waits for it, then up to `maxDelayMs` for others, then for its own; beside each
 * of the two runs the server reads and answers all callers once. A run of all callers' rows is measured alone, and
 * reading and answering by a model of the same inputs and outputs that computes next to nothing, both in every round.
 */
async function batching(folder: string): Promise<BenchRow[]> {
  const weights = perceptronModel(LARGE);
  const plain = await modelFolder(folder, { name: 'plain', model: weights, input: LARGE_INPUT });
  const batched = await modelFolder(folder, {
    name: 'batched',
    model: weights,
    input: LARGE_INPUT,
    manifest: { serving: { batching: BATCHING } },
  });
  const hollow = await modelFolder(folder, { name: 'hollow', model: perceptronModel(HOLLOW), input: LARGE_INPUT });
  const home = path.join(folder, 'home-large');
  await releaseAll(home, [plain, batched, hollow]);
  const bodyFile = path.join(folder, 'large.json');
  await writeFile(bodyFile, body(LARGE_INPUT));
  const digest = createHash('sha256').update(weights).digest('hex');
  const model = await loadModel(path.join(plain, 'model.onnx'), { digest });
  const server = await startTrimtab(folder, home);
  const turn = async (name: string): Promise<Load> => {
    const result = await loadTest({
      url: `${server.url}/v2/models/${name}/infer`,
      bodyFile,
      callers: BATCH_CALLERS,
      seconds: SECONDS,
    });
    await settled(server);
    return result;
  };
  try {
    const [alone, together, bounds]: [Load[], Load[], number[]] = [[], [], []];
    for (const name of ['hollow', 'batched', 'plain']) await warm(() => turn(name));
    for (let round = 0; round < ROUNDS; round++) {
      const first = await turn('plain');
      const second = await turn('batched');
      const around = await turn('hollow');
      const answering = (BATCH_CALLERS * around.seconds * 1_000) / around.requests;
      const run = await msOfRun(model, BATCH_CALLERS);
      alone.push(first);
      together.push(second);
      bounds.push(BATCHING.maxDelayMs + 2 * (run + answering));
    }
    const of = `perceptron of 20 MB, ${BATCH_CALLERS} callers`;
    const [p99, bound] = [median(together.map((each) => each.p99)), median(bounds)];
    return [
      faster(`${of}: requests a second, batched against not`, together, alone, 2),
      {
        what: `${of}: p99 of batched, against ${BATCHING.maxDelayMs} ms + 2 x (a run of ${BATCH_CALLERS} + answering ${BATCH_CALLERS})`,
        measured: `${p99.toFixed(1)} ms of ${bound.toFixed(1)} ms (not batched: ${median(alone.map((each) => each.p99)).toFixed(1)} ms)`,
        target: '<= the bound',
        reached: median(together.map((each, round) => each.p99 / bounds[round]!)) <= 1,
      },
    ];
  } finally {
    await server.stop();
    await model.release();
  }
}

/** Waits until what callers have left behind has run: it would be the next turn's time. */
async function settled(server: Server): Promise<void> {
  for (;;) {
    const page = await (await fetch(`${server.url}/metrics`)).text();
    if (/^trimtab_queue_requests\{.*\} 0$/m.test(page)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function msOfRun(model: OnnxModel, rows: number): Promise<number> {
  const x = { type: 'float32' as const, shape: [rows, WIDTH], data: new Float32Array(rows * WIDTH).fill(0.5) };
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const from = performance.now();
    await model.run({ x });
    times.push(performance.now() - from);
  }
  return median(times);
}

const rate = ({ requests, seconds }: Load): number => requests / seconds;

/** The median over rounds of what one is in parts of the other: a round is short enough to be like itself. */
const ratio = (own: readonly Load[], other: readonly Load[], of: (load: Load) => number): number =>
  median(own.map((each, round) => of(each) / of(other[round]!)));

function faster(what: string, own: readonly Load[], other: readonly Load[], least?: number): BenchRow {
  const times = ratio(own, other, rate);
  const [a, b] = [median(own.map(rate)), median(other.map(rate))];
  const measured = `${a.toFixed(0)}/s, ${times.toFixed(2)} x of ${b.toFixed(0)}/s`;
  return least === undefined
    ? { what, measured }
    : { what, measured, target: `>= ${least} x`, reached: times >= least };
}

function sooner(what: string, own: readonly Load[], other: readonly Load[], most?: number): BenchRow {
  const p99 = (each: Load): number => each.p99;
  const times = ratio(own, other, p99);
  const [a, b] = [median(own.map(p99)), median(other.map(p99))];
  const measured = `${a.toFixed(1)} ms, ${times.toFixed(2)} x of ${b.toFixed(1)} ms`;
  return most === undefined ? { what, measured } : { what, measured, target: `<= ${most} x`, reached: times <= most };
}
