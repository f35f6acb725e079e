import { describe, expect, it } from 'vitest';
import { exactValues } from '../../../core/explain/exact.ts';
import { shuffled, uniform } from '../../../core/explain/random.ts';
import { walkerOf } from '../../../core/explain/tree-values.ts';
import { ensembleOf } from './brute-force.ts';

/** What a row's columns do is 1 each where the background has less than 0.5. */
const stump = (column: number) => ({
  column,
  mode: 0,
  threshold: 0.5,
  missing: 0,
  yes: { weights: [0] },
  no: { weights: [1] },
});
const ENSEMBLE = ensembleOf([stump(0), stump(1)], [0], 1);

describe('exactValues', () => {
  it('holds what all rows would give within 1.96 standard errors in 95 of 100 draws, when time was out', async () => {
    // The first column matters against each second row, the second against one in ten.
    const all = Array.from({ length: 100 }, (_, i) => Float64Array.of(i % 2, i % 10 === 0 ? 0 : 1));
    const held = [0, 0];
    const draws = 400;
    for (let seed = 0; seed < draws; seed++) {
      const background = Array.from(shuffled(all.length, uniform(seed)), (i) => all[i]!);
      let at = 0;
      const budget = { now: () => at++, pause: async () => undefined, until: 15 };
      const outputLink = { raw: 0, factor: 1, offset: 0, link: 'identity' };
      const options = { outputLink, players: 2, budget };
      const { rows, complete } = await exactValues(
        walkerOf(ENSEMBLE, [0, 1], 2, 0),
        [Float64Array.of(1, 1)],
        background,
        options,
      );
      expect(complete).toBe(false);
      for (const [i, wanted] of [0.5, 0.1].entries())
        if (Math.abs(rows[0]!.values[i]! - wanted) <= 1.96 * rows[0]!.standardErrors![i]!) held[i]!++;
    }
    for (const of of held) expect(of / draws).toBeGreaterThan(0.95 - 3 * Math.sqrt((0.05 * 0.95) / draws));
  });
});
