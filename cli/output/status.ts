import type { ModelStatus, StatusView } from '../../usecases/release/status-view.ts';
import type { PlaceOf } from '../files.ts';
import { formatBookkeeping } from './bookkeeping.ts';
import { formatBusinessMetrics } from './business-metrics.ts';
import { formatJudge } from './judge.ts';
import { formatQuestions, formatSilence } from './questions.ts';
import { formatRelease, formatReplay } from './release.ts';
import { formatTruthBacklog } from './truth-backlog.ts';
import { formatTruthDelay } from './truth-delay.ts';
import { wrapped } from './wrapped.ts';

/** Every model's release as a picture, with what its predictions are worth. */
export function formatStatus(view: StatusView, place: PlaceOf = (key) => key): string {
  const { models } = view;
  if (models.length === 0) return 'no models yet: `trimtab register FOLDER`';
  const others = [formatSilence(view), formatBookkeeping(view)]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'));
  return [...models.map((model) => formatModel(model, view.at, place)), ...others].join('\n\n');
}

const formatModel = (
  {
    model,
    release,
    ahead,
    serving,
    challengers,
    shadow,
    judge,
    automation,
    business,
    replay,
    truthDelay,
    truths,
    asked,
    unread,
  }: ModelStatus,
  at: string,
  place: PlaceOf,
): string =>
  [
    formatRelease(model, release, { challengers: challengers ?? [], shadow, serving }),
    ...formatAhead(ahead),
    ...formatQuestions(asked),
    ...formatJudge({ judge, automation }, release),
    ...formatReplay(replay),
    ...formatTruthDelay(truthDelay),
    ...formatTruthBacklog(truths, at, place),
    ...formatBusinessMetrics(business ?? []),
    ...unread.flatMap((sentence) => wrapped(`cannot be read: ${sentence}`, { indent: 2 })),
  ].join('\n');

const formatAhead = (ahead: string | null): string[] =>
  ahead === null
    ? []
    : wrapped(`its time is ${ahead} ahead: the clock of who released it was; it is judged from now on`, { indent: 2 });
