import { describe, expect, it } from 'vitest';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { joinGroundTruth } from '../../../usecases/ground-truth/join-ground-truth.ts';
import { rowsOfReplay } from '../../../usecases/quality/compared-rows.ts';
import type { LabelledRow } from '../../../usecases/quality/labelled-row.ts';
import { RuleBook } from '../../../usecases/quality/version-rules.ts';
import { firstEntries, versionRecord } from '../../platform/contract/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { captureLine, deliverCaptures, sendTruths } from '../ground-truth/capture-lines.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const at = (hours: number): string => new Date(NOON + hours * 3_600_000).toISOString();

/** A home whose only version takes one feature, with captures of requests about it. */
async function replayed(feature: string, rows: (readonly [id: string, hour: number, value: number | undefined])[]) {
  let now = new Date(at(7));
  const home = await openLocalHome(temporaryFolder('replayed'), { now: () => now });
  const record = versionRecord('m', 1);
  const contract = { features: [{ name: feature, type: 'float' }] };
  const decision = { task: 'binary', output: 'y', threshold: 0.5 };
  const version = {
    ...record,
    signature: { ...record.signature, inputs: [{ name: feature, type: 'float32' as const, shape: [-1, 1] }] },
    manifest: Manifest.parse({ name: 'm', contract, decision }),
  };
  await home.ledger.append(firstEntries('m')[0], version);
  for (const [i, [id, hour, value]] of rows.entries()) {
    const features = value === undefined ? {} : { [feature]: [value] };
    await deliverCaptures(home, `c${i}`, at(hour), [captureLine(id, [0.9], { at: at(hour), features })]);
  }
  return {
    home,
    join: (hour: number) => {
      now = new Date(at(hour));
      return joinGroundTruth(home, now);
    },
    ask: async () => {
      const asked: LabelledRow[] = [];
      const query = { model: 'm', from: new Date(at(-1)), to: new Date(at(8)), versions: [version] };
      const counts = await rowsOfReplay(home, new RuleBook(home), query, async (some) => {
        asked.push(...some);
      });
      return { asked, counts };
    },
  };
}

describe('rowsOfReplay', () => {
  it('asks about the request that a truth is about, where its id is used again', async () => {
    const { home, join, ask } = await replayed('a', [
      ['p', 0, 4],
      ['p', 3, -4],
    ]);
    await sendTruths(home, 't', [{ id: 'p', truth: 0 }]);
    await join(7);
    const { asked, counts } = await ask();
    expect(asked).toMatchObject([{ truth: 0, features: { a: -4 } }]);
    expect(counts).toEqual({ given: 1, unknown: 0, leftOut: 0 });
  });

  it('asks about each of several requests under one id, with its own truth', async () => {
    const { home, join, ask } = await replayed('a', [['p', 0, 4]]);
    await sendTruths(home, 't1', [{ id: 'p', truth: 1 }]);
    await join(1);
    await deliverCaptures(home, 'later', at(3), [captureLine('p', [0.9], { at: at(3), features: { a: [-4] } })]);
    await sendTruths(home, 't2', [{ id: 'p', truth: 0 }]);
    await join(7);
    const { asked } = await ask();
    expect(asked).toMatchObject([
      { truth: 1, features: { a: 4 } },
      { truth: 0, features: { a: -4 } },
    ]);
    // They are rows and units of their own.
    expect(new Set(asked.flatMap(({ id, unit }) => [`row ${id}`, `unit ${unit}`])).size).toBe(4);
  });

  it('leaves out a row without a feature that is named like a member of every object', async () => {
    const { home, join, ask } = await replayed('constructor', [['p', 0, undefined]]);
    await sendTruths(home, 't', [{ id: 'p', truth: 0 }]);
    await join(1);
    expect((await ask()).counts).toEqual({ given: 0, unknown: 1, leftOut: 0 });
  });
});
