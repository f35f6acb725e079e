import middy from '@middy/core';
import { Scheduled } from '../../events/schemas.ts';
import { openHome } from '../../platform/home.ts';
import { NoBaselineError, runDriftDetection } from '../../usecases/drift/detect-drift.ts';
import { parsed } from '../middleware/parse-event.ts';

const opening = openHome('aws');
opening.catch(() => undefined);

/** Checks all models. When one fails, the others are still checked, and the run fails at the end. */
export const handler = middy()
  .use(parsed(Scheduled))
  .handler(async (event: Scheduled) => {
    const home = await opening;
    const models = event.model === undefined ? await home.ledger.models() : [event.model];
    const found: Record<string, string> = {};
    const failures: unknown[] = [];
    for (const model of models)
      try {
        found[model] = (await runDriftDetection(home, { model, now: home.clock.now() })).verdict;
      } catch (error) {
        if (error instanceof NoBaselineError) found[model] = error.message;
        else failures.push(error);
      }
    if (failures.length > 0) throw new AggregateError(failures, `drift of ${failures.length} models was not looked at`);
    return found;
  });
