import { protocolOf } from '../core/protocols/protocols.ts';
import { INT64, KINDS, PIPELINE, Stand, TREE } from '../test/functions/infer/stand.ts';
import { complaint, shownRequest } from '../test/hostile/judge.ts';
import { hostileRequest } from '../test/hostile/mutate.ts';
import type { Bench, Row } from './bench.ts';

/** How many; TRIMTAB_HOSTILE_FROM is the first seed, so that a finding can be had again, or another hundred thousand. */
const COUNT = Number(process.env.TRIMTAB_HOSTILE_COUNT ?? 100_000);
const FROM = Number(process.env.TRIMTAB_HOSTILE_FROM ?? 0);
const SHOWN = 10;

/** Bad requests over all protocols, held by the same judge as in `npm test`: every one answered, and in its own form. */
export const bench: Bench = async () => {
  const stand = await Stand.open();
  try {
    await stand.release(PIPELINE, 'pipeline');
    await stand.release(TREE, 'tree-30');
    await stand.release(INT64, 'int64');
    await stand.release(KINDS, 'kinds');
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
    const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
    const rows: Row[] = [
      {
        what: `${COUNT} bad requests over ${protocols.size} protocols: not answered in the protocol’s own form, 5xx, or logged as an error`,
        measured: String(found),
        target: '0',
        reached: found === 0,
      },
      { what: 'their answers by status', measured: counts.join(', ') },
      { what: 'the slowest of them', measured: `${slowest.ms.toFixed(0)} ms (seed ${slowest.seed})` },
    ];
    return rows;
  } finally {
    await stand.close();
  }
};
