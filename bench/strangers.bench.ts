import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { childrenOf } from '../test/fixtures/command.ts';
import { HttpClient } from '../test/fixtures/http-client.ts';
import { residentOf } from '../test/soak/memory.ts';
import { type Bench, type BenchRow, quantile } from './bench.ts';
import { TREE_MODEL } from './deployed-function.ts';
import { BARE, FASTAPI, type Peer } from './peers.ts';
import { body, bundleCommand, freePort, modelFolder, releaseAll, remove, type Server, start } from './serving.ts';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 15);
/** Only these attacks, comma-separated. */
const ONLY = process.env.BENCH_ATTACKS?.split(',');
/** Callers who ask for nothing special, one request after the other. */
const CALLERS = 8;
/** Time between two requests of one of them; milliseconds. */
const PAUSE_MS = 25;
/** How long they wait; milliseconds. */
const PATIENCE_MS = 5_000;
const INPUT = { name: 'features', width: 30 };
const MEGABYTE = 1_000_000;

/** What a container of 512 MB has for bodies. */
const REQUEST_MEGABYTES = 64;
/** What an attack may add to resident memory: bodies in buffers, in one piece beside them, and garbage. */
const MOST_MEGABYTES = 4 * REQUEST_MEGABYTES;

const ATTACKS = [
  { name: 'none', what: 'nobody else' },
  { name: 'promises', what: '90 sockets that promise 6 MB and send nothing' },
  { name: 'halfHeads', what: '2,000 sockets that send half of a head' },
  { name: 'nearlyWhole', what: '60 sockets that send nearly 6 MB and then a byte a second' },
  { name: 'tinyChunks', what: '3 sockets that send 2 million chunks of one byte, again and again' },
  { name: 'unreadAnswers', what: '100 sockets that ask 100 times and read nothing' },
  { name: 'streams', what: 'a connection of gRPC with 300 messages of 5 MB that are not finished', grpc: true },
  { name: 'sessions', what: '200 idle connections of gRPC, of 50 that there may be', grpc: true, connections: 50 },
] as const;

const PEERS = [FASTAPI, BARE];

type AttackRow = (typeof ATTACKS)[number];

interface Target {
  readonly name: string;
  readonly grpc: boolean;
  start(attack: AttackRow): Promise<Server & { readonly grpc?: string }>;
}

/**
 * Callers who behave, beside some who do not, all from the same address: how many are answered, how soon, and what the
 * server's memory comes to. Each attack meets a new server; the peers are servers as people write them.
 */
export const bench: Bench = async () => {
  const folder = await bundleCommand();
  try {
    const home = path.join(folder, 'home');
    const tree = await modelFolder(folder, { name: 'tree', model: TREE_MODEL, input: INPUT });
    await releaseAll(home, [tree]);
    await writeFile(path.join(folder, 'body.json'), body(INPUT));
    const targets = [
      trimtab(folder, home),
      ...PEERS.filter(({ missing }) => missing === undefined).map((peer) => peerTarget(peer, tree)),
    ];
    const rows: BenchRow[] = [];
    for (const attack of ATTACKS)
      for (const target of targets) {
        if (ONLY !== undefined && !ONLY.includes(attack.name)) continue;
        if ('grpc' in attack && !target.grpc) continue;
        rows.push(await measure(target, attack));
      }
    for (const { name, missing } of PEERS) if (missing !== undefined) rows.push({ what: name, measured: missing });
    return rows;
  } finally {
    await remove(folder);
  }
};

const trimtab = (folder: string, home: string): Target => ({
  name: 'Trimtab',
  grpc: true,
  async start(attack) {
    const grpc = await freePort();
    const limits = ['--request-megabytes', String(REQUEST_MEGABYTES), '--grpc-port', String(grpc)];
    const connections = 'connections' in attack ? ['--max-connections', String(attack.connections)] : [];
    const args = (port: number) => ['serve', '--home', home, '--port', String(port), '--drain-delay', '0'];
    const server = await start(
      process.execPath,
      (port) => [path.join(folder, 'launcher.mjs'), ...args(port), ...limits, ...connections],
      { env: () => ({ NODE_PATH: path.resolve('node_modules') }) },
    );
    return { ...server, grpc: `127.0.0.1:${grpc}` };
  },
});

const peerTarget = (peer: Peer, tree: string): Target => ({
  name: peer.name,
  grpc: false,
  start: () => peer.start(path.join(tree, 'model.onnx'), 'tree', {}),
});

async function measure(target: Target, attack: AttackRow): Promise<BenchRow> {
  const server = await target.start(attack);
  const root = server.child.pid!;
  const before = { resident: await residentOf(root), processes: childrenOf(root) };
  let most = before.resident;
  const looking = setInterval(() => {
    void residentOf(root).then((resident) => {
      most = Math.max(most, resident);
    });
  }, 100);
  const attacker = attacked(attack.name, server);
  try {
    const { answered, asked, times } = await healthy(server.url);
    const died = server.child.exitCode !== null || server.child.signalCode !== null;
    const replaced = died ? [] : before.processes.filter((pid) => !childrenOf(root).includes(pid));
    const more = (most - before.resident) / MEGABYTE;
    const share = (100 * answered) / asked;
    const p99 = times.length === 0 ? 'none' : `${quantile(times, 0.99).toFixed(0)} ms`;
    const deaths = died ? 'the server died' : `${replaced.length} processes died`;
    return {
      what: `${target.name} beside ${attack.what}`,
      measured: `${share.toFixed(1)} % of ${asked} answered, p99 ${p99}, ${more.toFixed(0)} MB more, ${deaths}`,
      ...(target.name === 'Trimtab'
        ? {
            target: `>= 99 %, <= ${MOST_MEGABYTES} MB more, none died`,
            reached: share >= 99 && more <= MOST_MEGABYTES && !died && replaced.length === 0,
          }
        : {}),
    };
  } finally {
    clearInterval(looking);
    attacker.kill('SIGKILL');
    server.child.kill('SIGKILL');
  }
}

function attacked(name: string, server: Server & { readonly grpc?: string }): ChildProcess {
  const script = path.resolve('bench/attack-process.ts');
  return spawn(process.execPath, [...process.execArgv, script, name, server.url, server.grpc ?? ''], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** What callers who behave get, each on a connection that it keeps. */
async function healthy(url: string): Promise<{ asked: number; answered: number; times: number[] }> {
  const seen = { asked: 0, answered: 0, times: [] as number[] };
  const until = performance.now() + SECONDS * 1_000;
  const caller = async (): Promise<void> => {
    const client = new HttpClient(url);
    while (performance.now() < until) {
      const from = performance.now();
      seen.asked++;
      const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), PATIENCE_MS).unref());
      const asking = client
        .ask({ path: '/v2/models/tree/infer', headers: { 'content-type': 'application/json' }, body: body(INPUT) })
        .catch(() => undefined);
      const answer = await Promise.race([asking, late]);
      if (answer?.status === 200) {
        seen.answered++;
        seen.times.push(performance.now() - from);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    client.close();
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return seen;
}
