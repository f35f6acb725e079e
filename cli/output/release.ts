import type { Entry, ReleaseState } from '../../core/registry/ledger.ts';
import { championShare } from '../../core/serving/route.ts';
import { shadowText } from '../../usecases/release/shadow.ts';
import type { ModelStatus } from '../../usecases/release/status-view.ts';
import { formatHypothesis, formatRolloutStatus } from './rollout-status.ts';
import { bar } from './table.ts';
import { formatPercent, trafficText } from './traffic.ts';
import { COLUMNS, wrapped } from './wrapped.ts';

/** One line on what an entry did. */
export function formatEntry(entry: Entry): string {
  const { model, number, kind, version, state, reason } = entry;
  const until = kind === 'frozen' && state.frozen ? ` until ${state.frozen.until}` : '';
  const line = `${model} #${number}: ${kind}${until}${version === null ? '' : ` (version ${version})`}; ${trafficText(state)}`;
  return goesOn(entry) ? [line, ...wrapped(reason, { indent: 2 })].join('\n') : line;
}

/** Whether an entry starts a version that was taken back before: its reason says what is known of it. */
function goesOn({ number, version, state }: Entry): boolean {
  const judged = state.challengers.find((each) => each.version === version)?.judged ?? state.judged;
  return judged?.entry === number && judged.former !== undefined;
}

/** A release as a picture: who has what share of the traffic, how rollouts come along, and what waits. */
export function formatRelease(
  model: string,
  state: ReleaseState,
  status: Pick<ModelStatus, 'challengers' | 'shadow' | 'serving'> = { challengers: null, shadow: null, serving: null },
): string {
  const lines = headLines(model, state);
  const part = (name: string, version: number, share: number): string =>
    `  ${name.padEnd(11)} ${String(version).padStart(3)}  ${bar(share, 30)} ${formatPercent(share)}`;
  if (state.champion === null) lines.push('  nothing is released');
  else
    lines.push(
      part('champion', state.champion, championShare(state.challengers)),
      ...servingLines(state, status.serving),
    );
  for (const challenger of state.challengers) {
    const { version, weight, step, steps, test } = challenger;
    const about = test === undefined ? `step ${step + 1} of ${steps.join(', ')}` : formatHypothesis(test);
    lines.push(...beside(part('challenger', version, weight), about));
    lines.push(
      ...formatRolloutStatus(
        challenger,
        status.challengers?.find((each) => each.version === version),
      ),
    );
  }
  if (state.shadow !== null)
    lines.push(...labelled('shadow', state.shadow.version, status.shadow ? shadowText(status.shadow) : ''));
  if (state.previous.length > 0) lines.push(...line(`can return to ${state.previous.toReversed().join(', ')}`));
  for (const { version, reason } of state.quarantined) lines.push(...labelled('quarantined', version, reason));
  if (state.awaiting)
    lines.push(...line(`a rollback to ${state.awaiting.target} waits to be seen since ${state.awaiting.since}`));
  if (state.retraining) lines.push(`  retraining was asked for at ${state.retraining}`);
  return lines.join('\n');
}

/** What is said of a champion that is not seen to serve; nothing of one that is. */
function servingLines({ since }: ReleaseState, serving: ModelStatus['serving']): string[] {
  if (serving === null || serving.state === 'serving') return [];
  const { answering, reason } = serving;
  const said = {
    paused: `PAUSES: ${reason ?? 'runs of it had to be ended'}`,
    partly: 'some endpoints cannot load it, others have it: their logs say why',
    failing: `NOT LOADED: ${reason ?? 'endpoints cannot load it, their logs say why'}; ${insteadText(answering, reason)}`,
    unseen: `not seen to serve: no endpoint has told that it has it since ${since}`,
  }[serving.state];
  return wrapped(said, { indent: 15 });
}

function insteadText(answering: number | null, reason: string | null): string {
  if (answering !== null) return `version ${answering} goes on answering in its place`;
  return reason === null ? 'what they had loaded before goes on answering' : 'nobody answers';
}

function headLines(model: string, { revision, since }: ReleaseState): string[] {
  const about = `revision ${revision}${since ? `, traffic since ${since}` : ''}`;
  return model.length + 2 + about.length <= COLUMNS ? [`${model}  ${about}`] : [model, `  ${about}`];
}

const line = (text: string): string[] => wrapped(text, { indent: 2 });

/** What is said of a version, behind its name and number. */
function labelled(name: string, version: number, text: string): string[] {
  const label = `  ${name.padEnd(11)} ${String(version).padStart(3)}  `;
  return text === '' ? [label.trimEnd()] : wrapped(text, { indent: label.length, label });
}

/** A text behind a picture, or below it where there is no room. */
const beside = (picture: string, text: string): string[] =>
  picture.length + 3 + text.length <= COLUMNS ? [`${picture}   ${text}`] : [picture, ...wrapped(text, { indent: 15 })];

/** A line for each version whose captured requests cannot be asked of another. */
export const formatReplay = (versions: ModelStatus['replay']): string[] =>
  versions.flatMap(({ version, replayProblem }) =>
    replayProblem === null ? [] : line(`version ${version} cannot be replayed: ${replayProblem}`),
  );
