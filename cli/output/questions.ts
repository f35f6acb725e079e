import { JUDGE_WARM_UP_SECONDS } from '../../core/alarms/paging.ts';
import type { ModelStatus, StatusView } from '../../usecases/release/status-view.ts';
import { wrapped } from './wrapped.ts';

const WARM_UP_MS = 1_000 * JUDGE_WARM_UP_SECONDS;
const LABEL = '  needs you   ';

/** What the judge asks about a model, the most urgent first. */
export const formatQuestions = (asked: ModelStatus['asked']): string[] =>
  (asked ?? []).flatMap(({ cause, reason, since, asks, runbook }) =>
    wrapped(`${cause}, since ${since}: ${reason}. What is asked: ${asks} (docs/runbook/${runbook})`, {
      indent: LABEL.length,
      label: LABEL,
    }),
  );

/**
 * That the judge does not look, where something has waited for it to, for longer than its first look takes where it has
 * just begun.
 */
export function formatSilence({ at, paging, models }: StatusView): string[] {
  const silent = paging?.find(({ alarm, state }) => alarm.endsWith('-JudgeHeartbeat') && state === 'ALARM');
  const waits = models.some(({ release: { challengers, awaiting } }) =>
    [...challengers, ...(awaiting === null ? [] : [awaiting])].some(
      ({ since }) => Date.parse(at) - Date.parse(since) >= WARM_UP_MS,
    ),
  );
  if (silent === undefined || !waits) return [];
  return wrapped(`the judge does not look, so that no step is taken and nothing is taken back: ${silent.reason}`);
}
