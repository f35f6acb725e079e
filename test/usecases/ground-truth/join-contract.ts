import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { ALL } from '../../../core/quality/segments.ts';
import type { Home } from '../../../platform/ports.ts';
import { joinGroundTruth } from '../../../usecases/ground-truth/join-ground-truth.ts';
import { mergeHours, talliesOfVersion } from '../../../usecases/quality/describe-quality.ts';
import { readTallies } from '../../../usecases/quality/read-tallies.ts';
import { firstEntries, versionRecord } from '../../platform/contract/home.ts';
import { captureLine, deliverCaptures, sendTruths } from './capture-lines.ts';

const ROWS = 40;

/** What joining must do in every home: its conditional writes are what lets each truth count once. */
export function joinContract(name: string, open: () => Promise<Home>): void {
  describe(`joining ground truth on the ${name} home`, () => {
    const model = `joined-${Date.now().toString(36)}`;
    const at = new Date(Date.now() - 60_000).toISOString();
    const homes: Home[] = [];
    beforeAll(async () => {
      for (let i = 0; i < 3; i++) homes.push(await open());
      const [home] = homes as [Home];
      const manifest = Manifest.parse({
        name: model,
        contract: { features: [{ name: 'x', type: 'float' }] },
        decision: { task: 'binary', output: 'y', column: 0 },
      });
      await home.ledger.append(firstEntries(model)[0], { ...versionRecord(model, 1), manifest });
      const lines = Array.from({ length: ROWS }, (_, i) => captureLine(`p${i}`, [i % 2], { at, model }));
      await deliverCaptures(home, model, at, lines);
    }, 60_000);
    afterAll(() => Promise.all(homes.map((home) => home.close())));

    const truths = (truth: (i: number) => number, from = 0) =>
      Array.from({ length: ROWS - from }, (_, i) => ({ id: `p${from + i}`, truth: truth(from + i) }));
    const joinAll = async (): Promise<number> => {
      const summaries = await Promise.all(homes.map((home) => joinGroundTruth(home, new Date())));
      return summaries.reduce((sum, { joined }) => sum + joined, 0);
    };
    const counts = async () => {
      const window = { from: new Date(Date.now() - 7_200_000), to: new Date() };
      const hours = await readTallies(homes[0]!, { model, ...window });
      const { decisions } = mergeHours(talliesOfVersion(hours, 1)).get(ALL)!;
      return decisions?.task === 'binary' && [decisions.tp, decisions.fp, decisions.tn, decisions.fn];
    };

    it('counts each truth once of several files, by several processes at a time', async () => {
      for (let file = 0; file < 4; file++)
        await sendTruths(
          homes[0]!,
          `f${file}`,
          truths((i) => i % 2, 5 * file),
          model,
        );
      expect(await joinAll()).toBe(ROWS);
      expect(await counts()).toEqual([ROWS / 2, 0, ROWS / 2, 0]);
    }, 60_000);

    it('replaces what was said by what is said later', async () => {
      await sendTruths(
        homes[0]!,
        'corrections',
        truths((i) => 1 - (i % 2), ROWS - 10),
        model,
      );
      expect(await joinAll()).toBe(0);
      expect(await counts()).toEqual([ROWS / 2 - 5, 5, ROWS / 2 - 5, 5]);
      const left: string[] = [];
      for (const place of ['incoming', 'waiting', 'stale'])
        for await (const { key } of homes[0]!.data.list(`ground-truth/${place}/${model}/`)) left.push(key);
      expect(left).toEqual([]);
    }, 60_000);
  });
}
