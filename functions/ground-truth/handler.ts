import middy from '@middy/core';
import { Scheduled } from '../../events/schemas.ts';
import { openHome } from '../../platform/home.ts';
import { joinGroundTruth } from '../../usecases/ground-truth/join-ground-truth.ts';
import { PredictionIndex } from '../../usecases/ground-truth/prediction-index.ts';
import { countInputs } from '../../usecases/quality/count-inputs.ts';
import { UnreadableHours } from '../../usecases/quality/unreadable-hours.ts';
import { RuleBook } from '../../usecases/quality/version-rules.ts';
import { parsed } from '../middleware/parse-event.ts';

const opening = openHome('aws');
opening.catch(() => undefined);
/** Kept between invocations, so that captures are not read again. */
let index: PredictionIndex | undefined;
const hours = new UnreadableHours();

export const handler = middy()
  .use(parsed(Scheduled))
  .handler(async (_event: Scheduled) => {
    const home = await opening;
    index ??= new PredictionIndex(home, new RuleBook(home));
    const now = home.clock.now();
    const summary = await joinGroundTruth(home, now, index);
    for (const each of hours.changes(summary.unreadable)) process.stdout.write(`${JSON.stringify(each)}\n`);
    await countInputs(home, now);
    return summary;
  });
