import type { ModelStatus, StatusView } from '../../usecases/release/status-view.ts';
import { wrapped } from './wrapped.ts';

const LABEL = '  needs you   ';

/** What the judge asks about a model, the most urgent first. */
export const formatQuestions = (asked: ModelStatus['asked']): string[] =>
  (asked ?? []).flatMap(({ cause, reason, since, asks, runbook }) =>
    wrapped(`${cause}, since ${since}: ${reason}. What is asked: ${asks} (docs/runbook/${runbook})`, {
      indent: LABEL.length,
      label: LABEL,
    }),
  );

/** That the judge does not look, where something waits for it to. */
export function formatSilence({ paging, models }: StatusView): string[] {
  const silent = paging?.find(({ alarm, state }) => alarm.endsWith('-JudgeHeartbeat') && state === 'ALARM');
  const waits = models.some(({ release }) => release.challengers.length > 0 || release.awaiting !== null);
  if (silent === undefined || !waits) return [];
  return wrapped(`the judge does not look, so that no step is taken and nothing is taken back: ${silent.reason}`);
}
