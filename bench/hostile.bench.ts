import path from 'node:path';
import { protocolOf } from '../core/protocols/protocols.ts';
import { barrage } from '../test/hostile/barrage.ts';
import { GrpcWire } from '../test/hostile/grpc-mutants.ts';
import { complaint, shownRequest } from '../test/hostile/judge.ts';
import { hostileRequest } from '../test/hostile/mutate.ts';
import { bundledCommand, startServe } from '../test/server/command.ts';
import { Wire } from '../test/server/wire.ts';
import { INT64, KINDS, PIPELINE, ROW, ServingFixture, TREE } from '../test/usecases/serving/serving-fixture.ts';
import type { Bench, Row } from './bench.ts';

/** How many; TRIMTAB_HOSTILE_FROM is the first seed, so that a finding can be had again, or another hundred thousand. */
const COUNT = Number(process.env.TRIMTAB_HOSTILE_COUNT ?? 100_000);
const FROM = Number(process.env.TRIMTAB_HOSTILE_FROM ?? 0);
const SHOWN = 10;

/**
 * Bad requests over all protocols, held by the same judge as in `npm test`: every one answered, and in its own form.
 * First to an endpoint in this process, then over sockets to a real `trimtab serve`, with HTTP and gRPC themselves broken
 * as well.
 */
export const bench: Bench = async () => {
  const stand = await ServingFixture.open();
  try {
    await stand.release(PIPELINE, 'pipeline');
    await stand.release(TREE, 'tree-30');
    await stand.release(INT64, 'int64');
    await stand.release(KINDS, 'kinds');
    return [...(await overSockets(stand)), ...(await inProcess(stand))];
  } finally {
    await stand.close();
  }
};

async function overSockets(stand: ServingFixture): Promise<Row[]> {
  const home = path.join(stand.folder, 'home');
  const args = ['--home', home, '--processes', '2', '--grpc-port', '0', '--default-model', 'pipeline'];
  const server = await startServe(await bundledCommand(stand.folder), [...args, '--drain-delay', '0']);
  const wire = new Wire(server.url);
  const grpc = new GrpcWire(server.grpc!);
  const ask = async (): Promise<string> => {
    const body = JSON.stringify({ instances: [ROW] });
    const answer = await wire.ask({ path: '/v1/models/pipeline:predict', body });
    return `${answer.status} ${answer.body.toString('utf8')}`;
  };
  try {
    const expected = await ask();
    const good = async (): Promise<void> => {
      const told = await ask();
      if (told !== expected) throw new Error(`a good request was answered ${told}, expected ${expected}`);
    };
    const result = await barrage({ wire, grpc, good, from: FROM, count: COUNT, callers: 16 });
    for (const fault of result.faults.slice(0, SHOWN)) process.stderr.write(`${fault}\n`);
    server.child.kill('SIGTERM');
    const status = await server.ended;
    const printed = server.output().replace(/^serving .*\n/gm, '');
    process.stderr.write(printed);
    const replaced = printed.match(/another takes its place/g)?.length ?? 0;
    return [
      {
        what: `${result.sent} bad requests over sockets to trimtab serve, HTTP and gRPC, and ${result.good} good ones in between: not answered right, in the protocol’s own form, or 5xx`,
        measured: String(result.faults.length),
        target: '0',
        reached: result.faults.length === 0,
      },
      { what: 'their answers by status', measured: counted(result.answers) },
      {
        what: 'processes that ended meanwhile, and the exit status after SIGTERM',
        measured: `${replaced}, ${status}`,
        target: '0, 0',
        reached: replaced === 0 && status === 0,
      },
    ];
  } finally {
    server.child.kill('SIGKILL');
    await server.ended;
    wire.close();
    grpc.close();
  }
}

const counted = (answers: ReadonlyMap<string | number, number>): string =>
  [...answers]
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
    .map(([status, count]) => `${status}: ${count}`)
    .join(', ');

async function inProcess(stand: ServingFixture): Promise<Row[]> {
  const endpoint = await stand.endpoint({ defaultModel: 'pipeline' });
  const statuses = new Map<number, number>();
  const protocols = new Set<string>();
  let found = 0;
  let slowest = { ms: 0, seed: 0 };
  for (let seed = FROM; seed < FROM + COUNT; seed++) {
    stand.lines.length = 0;
    const request = hostileRequest(seed);
    const started = performance.now();
    const response = await endpoint.handle(request);
    const ms = performance.now() - started;
    if (ms > slowest.ms) slowest = { ms, seed };
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    protocols.add(protocolOf(request).name);
    const wrong = complaint(request, response) ?? stand.lines.find((line) => line.includes('"log.level":"error"'));
    if (wrong === undefined) continue;
    if (++found <= SHOWN) process.stderr.write(`seed ${seed}: ${wrong}\n  ${shownRequest(request)}\n`);
  }
  return [
    {
      what: `${COUNT} bad requests over ${protocols.size} protocols: not answered in the protocol’s own form, 5xx, or logged as an error`,
      measured: String(found),
      target: '0',
      reached: found === 0,
    },
    { what: 'their answers by status', measured: counted(statuses) },
    { what: 'the slowest of them', measured: `${slowest.ms.toFixed(0)} ms (seed ${slowest.seed})` },
  ];
}
