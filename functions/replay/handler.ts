import path from 'node:path';
import middy from '@middy/core';
import { Scheduled } from '../../events/schemas.ts';
import { openHome } from '../../platform/home.ts';
import { Replay } from '../../usecases/replay/replay-releases.ts';
import { parsed } from '../middleware/parse-event.ts';

/** How long a run may ask: twice a minute's schedule would overlap, and the time limit is beyond that. */
const BUDGET_MS = 45_000;

const opening = openHome('aws');
opening.catch(() => undefined);
/** Kept between invocations, so that captures are not read again. */
let replay: Replay | undefined;

export const handler = middy()
  .use(parsed(Scheduled))
  .handler(async (_event: Scheduled) => {
    const home = await opening;
    // Beside this file, wherever the function is unpacked.
    const file = path.join(process.env.LAMBDA_TASK_ROOT ?? '.', 'worker.js');
    replay ??= new Replay(home, { entry: { file }, budgetMs: BUDGET_MS });
    return replay.run(home.clock.now());
  });
