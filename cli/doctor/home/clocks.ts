import { aheadBy } from '../../../core/registry/ahead.ts';
import { type DoctorCheck, ok, warn } from '../check.ts';
import type { HomeContext } from '../context.ts';
import type { Finding } from '../doctor-view.ts';

/** No entry is of the future: the clock of who wrote it was ahead, and every entry after it has its time at least. */
export const clocks: DoctorCheck<HomeContext> = {
  name: 'times in the ledger',
  async look({ home, models }) {
    const now = home.clock.now();
    return Promise.all(
      models.map(async (model): Promise<Finding> => {
        const name = `times in the ledger of ${model}`;
        const latest = await home.ledger.latest(model);
        // Times never go back within a ledger, so the last entry is of the future if any is.
        if (latest === undefined || aheadBy(latest.at, now) === undefined) return ok(name, 'none is of the future');
        for await (const entry of home.ledger.entries(model)) {
          const { number, kind, at, actor } = entry;
          const by = aheadBy(at, now);
          if (by === undefined) continue;
          return warn(name, `entry ${number} (${kind}, by ${actor}) is of ${at}, ${by} ahead`, {
            expected: 'no entry that is later than now',
            remedy: `set the clock of the machine of ${actor} by a time service; the release is judged from now on, and entries until then carry that time`,
          });
        }
        return ok(name, 'none is of the future');
      }),
    );
  },
};
