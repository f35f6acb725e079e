import middy from '@middy/core';
import { Scheduled } from '../../events/schemas.ts';
import { lambdaProbe } from '../../platform/aws/lambda-probe.ts';
import { openHome } from '../../platform/home.ts';
import { advanceRollouts } from '../../usecases/release/advance-rollouts.ts';
import { parsed } from '../middleware/parse-event.ts';

/** TRIMTAB_ENDPOINT_FUNCTION is the alias that is asked what it serves. */
export const handler = middy()
  .use(parsed(Scheduled))
  .handler(async (_event: Scheduled) => {
    const { TRIMTAB_ENDPOINT_FUNCTION: endpoint } = process.env;
    const home = await openHome('aws');
    try {
      return await advanceRollouts(home, home.clock.now(), endpoint === undefined ? undefined : lambdaProbe(endpoint));
    } finally {
      await home.close();
    }
  });
