import { describeTruthBacklog } from '../../../usecases/ground-truth/truth-backlog.ts';
import type { TruthBacklog } from '../../../usecases/ground-truth/truth-backlog-view.ts';
import { dataPlace, type PlaceOf } from '../../files.ts';
import { truthBacklogTexts } from '../../output/truth-backlog.ts';
import { type DoctorCheck, ok, warn } from '../check.ts';
import type { HomeContext } from '../context.ts';
import type { Finding } from '../doctor-view.ts';

/** The join looks every minute; what has lain for longer is looked at by nobody. */
const LOOKED_AT_MS = 10 * 60_000;

/** Truths are joined with predictions: those that are not say nothing of how good a version is. */
export const truths: DoctorCheck<HomeContext> = {
  name: 'truths',
  async look({ home, models }) {
    const now = home.clock.now();
    return Promise.all(
      models.map(async (model) =>
        checkBacklog(model, await describeTruthBacklog(home, model, now), { now, place: dataPlace(home) }),
      ),
    );
  },
};

function checkBacklog(
  model: string,
  backlog: TruthBacklog,
  { now, place }: { readonly now: Date; readonly place: PlaceOf },
): Finding {
  const name = `truths of ${model}`;
  const texts = truthBacklogTexts(backlog, now.toISOString(), place);
  const found = texts.length === 0 ? 'none waits, and none was put aside' : texts.join('; ');
  const { arrived, rejected } = backlog;
  const isLeft = arrived.since !== null && now.getTime() - Date.parse(arrived.since) > LOOKED_AT_MS;
  const remedies = [
    ...(isLeft ? ['the join does not run: start `trimtab up`, or look at the function ground-truth'] : []),
    ...rejected.map(({ kind }) => REMEDIES[kind]),
  ];
  if (remedies.length === 0) return ok(name, found);
  return warn(name, found, {
    expected: 'that each truth is joined with its prediction within two hours',
    remedy: remedies.join('; '),
  });
}

const REMEDIES: Readonly<Record<TruthBacklog['rejected'][number]['kind'], string>> = {
  unknown:
    'send the id that the answer had (x-trimtab-prediction-id; ID#r for row r of several), within a week, or declare truth.within; of captureShare below 1 some are never captured',
  malformed: 'send a JSON object a line with id and truth: `trimtab truth` says which lines are none',
  unfit: 'send what the decision can be: a class as outputs.classes names it, or a number',
  held: 'mend what the reason says, and send these truths again',
};
