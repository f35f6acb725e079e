import { loadedRoutes } from '../../../core/serving/route.ts';
import { newestRevision } from '../../../platform/snapshots.ts';
import { type DoctorCheck, ok, warn } from '../check.ts';
import type { HomeContext } from '../context.ts';

/** The release is kept beside the ledger, so that an endpoint can start while the ledger cannot be read. */
export const snapshots: DoctorCheck<HomeContext> = {
  name: 'kept releases',
  async look({ home, models, registry }) {
    const released = await Promise.all(models.map(async (model) => ({ model, state: await registry.state(model) })));
    return Promise.all(
      released
        .filter(({ state }) => loadedRoutes(state).length > 0)
        .map(async ({ model, state: { revision } }) => {
          const name = `kept release of ${model}`;
          const newest = await newestRevision(home.artifacts, model);
          if (newest >= revision) return ok(name, `revision ${newest}, the ledger’s`);
          return warn(name, newest === 0 ? 'none' : `revision ${newest}`, {
            expected: `revision ${revision}, the ledger’s`,
            remedy:
              'an endpoint that starts while the ledger is out of reach would serve an older release, or none; the next run of `advance` keeps it: is that scheduled?',
          });
        }),
    );
  },
};
