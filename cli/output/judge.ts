import { findingSentence, points } from '../../core/judge/sentences.ts';
import type { JudgeVerdict } from '../../core/judge/verdict.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { Pairs, ReplayTally } from '../../core/replay/replay-tally.ts';
import type { ModelStatus } from '../../usecases/release/status-view.ts';
import { interval } from './interval.ts';
import { COLUMNS, wrapped } from './wrapped.ts';

const INDENT = 14;
const labelled = (label: string, text: string): string[] =>
  wrapped(text, { indent: INDENT, label: `  ${label.padEnd(INDENT - 2)}` });

const MARKS = { 'within-margin': '✓', worse: '✗', excused: '✓', unclear: '…' } as const;

/** Every rate that a verdict rests on: where its difference lies, and what is let pass. */
export function formatFindings({ findings }: Pick<JudgeVerdict, 'findings'>): string[] {
  return findings.flatMap((finding) => {
    const { low, difference, high, margin } = finding;
    // While nothing is known of a rate there is no interval to draw.
    const picture = high >= 1 || low <= -1 ? [] : [intervalLine({ low, point: difference, high }, margin)];
    return [
      ...wrapped(findingSentence(finding), {
        indent: INDENT + 3,
        label: `${' '.repeat(INDENT)} ${MARKS[finding.finding]} `,
      }),
      ...picture,
    ];
  });
}

/** The interval as a picture, and in numbers where there is room. */
function intervalLine(range: { readonly low: number; readonly point: number; readonly high: number }, margin: number) {
  const picture = `${' '.repeat(INDENT + 3)}${interval(range, margin, 'above')}`;
  const whole = `${picture}  [${points(range.low)}, ${points(range.high)}]`;
  return whole.length <= COLUMNS ? whole : picture.trimEnd();
}

/** What the judge finds of every version, what is missing, what it would do, and whether it is let. */
export function formatJudge(
  { judge, automation }: Pick<ModelStatus, 'judge' | 'automation'>,
  release: ReleaseState,
): string[] {
  const { frozen, advises } = automation;
  return [
    ...(frozen === null
      ? []
      : labelled(
          'frozen',
          `until ${minuteOf(frozen.until)}, by ${frozen.by} at ${minuteOf(frozen.at)}: ${frozen.reason}`,
        )),
    ...(advises.length === 0
      ? []
      : labelled('advises', `rollout.mode of version ${advises.join(', ')}: what is found is said, and not done`)),
    ...(judge === null ? [] : judge.verdicts.flatMap((verdict) => formatVerdict(verdict, release))),
    ...(judge === null || judge.would === null ? [] : labelled('would', wouldText(judge.would, judge.withheld))),
    ...(judge === null || judge.alarms.length === 0 ? [] : labelled('alarms up', judge.alarms.join(', '))),
    ...(judge?.replays ?? []).flatMap(formatReplayTally),
  ];
}

const wouldText = (would: string, withheld: string | null): string =>
  withheld === null ? `${would}, at its next look` : `${would}, but ${withheld}`;

const ACTIONS: Readonly<Record<JudgeVerdict['action'], string>> = {
  'take-back': 'to be taken back',
  advance: 'ready for the next step',
  wait: 'waits',
  retrain: 'stays, and needs retraining',
  hold: 'stays',
  'ask-person': 'needs a person',
  none: 'nothing is wrong',
};

/** Trouble that retraining was asked for is not found again. */
const RETRAINED = 'stays, and retraining was asked for';

function formatVerdict(verdict: JudgeVerdict, release: ReleaseState): string[] {
  const { version, action, cause, missing } = verdict;
  const challenger = release.challengers.find((each) => each.version === version);
  const asked = action === 'ask-person' && challenger?.waiting !== undefined;
  const found = [
    `version ${version}: ${action === 'none' && release.retraining !== null ? RETRAINED : ACTIONS[action]}`,
    ...(asked ? [`asked at ${minuteOf(challenger.waiting!)}`] : []),
    ...(cause === null ? [] : [`cause ${cause}`]),
  ].join(', ');
  const why = action === 'none' ? '' : otherThanFindings(verdict);
  return [
    ...labelled('judge', why === '' ? found : `${found}: ${why}`),
    // A challenger's findings stand below its line.
    ...(challenger === undefined ? formatFindings(verdict) : []),
    ...(missing.length === 0 ? [] : labelled('', `still missing: ${missing.join(', ')}`)),
  ];
}

/** What a reason says besides the findings that are shown. */
function otherThanFindings({ version, reason, findings }: JudgeVerdict): string {
  const sentences = findings.map(findingSentence);
  const parts = reason.split('; ').map((part) => {
    const shown = sentences.find((sentence) => part.endsWith(sentence));
    return shown === undefined ? part : part.slice(0, part.length - shown.length).replace(/: $/, '');
  });
  return parts
    .filter((part) => part !== '')
    .join('; ')
    .replace(`version ${version} is worse`, 'worse');
}

/** What asking again made known, where it did. */
function formatReplayTally({ suspect, reference, hour, asked, failures, slow, truth, answers }: ReplayTally): string[] {
  const found = [
    pairsText('failed again', failures),
    pairsText('slow again', slow),
    ...truth.map(({ metric, className, pairs }) =>
      pairsText(className === null ? metric : `${metric} of ${className}`, pairs),
    ),
    ...(answers.n === 0 ? [] : [`decided otherwise in ${answers.disagree} of ${answers.n}`]),
  ].filter((text) => text !== '');
  const about = `${asked} requests of version ${suspect}, hour ${hour}, asked of version ${reference} too`;
  return labelled('replay', found.length === 0 ? about : `${about}: ${found.join('; ')}`);
}

const pairsText = (name: string, { n, both, suspectOnly, referenceOnly }: Pairs): string =>
  n === 0 ? '' : `${name}: both ${both}, the one alone ${suspectOnly}, the other alone ${referenceOnly} of ${n}`;

const minuteOf = (instant: string): string => `${instant.slice(0, 16).replace('T', ' ')}Z`;
