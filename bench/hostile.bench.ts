import path from 'node:path';
import { protocolOf } from '../core/protocols/protocols.ts';
import { bundledCommand, startServe } from '../test/fixtures/command.ts';
import { HttpClient } from '../test/fixtures/http-client.ts';
import { INT64, KINDS, PIPELINE, ROW, ServingFixture, TREE } from '../test/fixtures/serving-fixture.ts';
import { formatRequest, responseProblem } from '../test/hostile/check-response.ts';
import { GrpcMutantClient } from '../test/hostile/grpc-mutants.ts';
import { hostileRequest } from '../test/hostile/mutate.ts';
import { sendHostile } from '../test/hostile/send-hostile.ts';
import type { Bench, BenchRow } from './bench.ts';

/** How many; TRIMTAB_HOSTILE_FROM is the first seed, so that a finding can be had again, or another hundred thousand. */
const COUNT = Number(process.env.TRIMTAB_HOSTILE_COUNT ?? 100_000);
const FROM = Number(process.env.TRIMTAB_HOSTILE_FROM ?? 0);
const SHOWN = 10;

/**
 * Bad requests over all protocols, checked in the same way as in `npm test`: every one answered, and in its own form.
 * First to an endpoint in this process, then over sockets to a real `trimtab serve`, with HTTP and gRPC themselves broken
 * as well.
 */
export const bench: Bench = async () => {
  const fixture = await ServingFixture.open();
  try {
    await fixture.release(PIPELINE, 'pipeline');
    await fixture.release(TREE, 'tree-30');
    await fixture.release(INT64, 'int64');
    await fixture.release(KINDS, 'kinds');
    return [...(await overSockets(fixture)), ...(await inProcess(fixture))];
  } finally {
    await fixture.close();
  }
};

async function overSockets(fixture: ServingFixture): Promise<BenchRow[]> {
  const home = path.join(fixture.folder, 'home');
  const args = ['--home', home, '--processes', '2', '--grpc-port', '0', '--default-model', 'pipeline'];
  const server = await startServe(await bundledCommand(fixture.folder), [...args, '--drain-delay', '0']);
  const client = new HttpClient(server.url);
  const grpc = new GrpcMutantClient(server.grpc!);
  const ask = async (): Promise<string> => {
    const body = JSON.stringify({ instances: [ROW] });
    const answer = await client.ask({ path: '/v1/models/pipeline:predict', body });
    return `${answer.status} ${answer.body.toString('utf8')}`;
  };
  try {
    const expected = await ask();
    const good = async (): Promise<void> => {
      const answer = await ask();
      if (answer !== expected) throw new Error(`a good request was answered ${answer}, expected ${expected}`);
    };
    const result = await sendHostile({ client, grpc, good, from: FROM, count: COUNT, callers: 16 });
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
    client.close();
    grpc.close();
  }
}

const counted = (answers: ReadonlyMap<string | number, number>): string =>
  [...answers]
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
    .map(([status, count]) => `${status}: ${count}`)
    .join(', ');

async function inProcess(fixture: ServingFixture): Promise<BenchRow[]> {
  const endpoint = await fixture.endpoint({ defaultModel: 'pipeline' });
  const statuses = new Map<number, number>();
  const protocols = new Set<string>();
  let found = 0;
  let slowest = { ms: 0, seed: 0 };
  for (let seed = FROM; seed < FROM + COUNT; seed++) {
    fixture.lines.length = 0;
    const request = hostileRequest(seed);
    const started = performance.now();
    const response = await endpoint.handle(request);
    const ms = performance.now() - started;
    if (ms > slowest.ms) slowest = { ms, seed };
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    protocols.add(protocolOf(request).name);
    const wrong =
      responseProblem(request, response) ?? fixture.lines.find((line) => line.includes('"log.level":"error"'));
    if (wrong === undefined) continue;
    if (++found <= SHOWN) process.stderr.write(`seed ${seed}: ${wrong}\n  ${formatRequest(request)}\n`);
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
