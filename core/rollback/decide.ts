import type { AlarmTransition } from '../alarms/alarm.ts';
import { parseAlarmName } from '../alarms/definitions.ts';
import type { Command } from '../registry/commands.ts';
import type { Entry, ReleaseState } from '../registry/ledger.ts';
import { differenceOfRates, type Evidence, type MetricObservation, wilson, Z99 } from './evidence.ts';

/** What an alarm means for a release, and why; goes into the ledger word for word. */
export interface Verdict {
  /** `ignore` leaves no entry of its own: the alarm was answered before. */
  readonly action: 'revert' | 'abort-canary' | 'hold' | 'ignore';
  /** The version that should hold all the traffic afterwards; only for `revert` and `abort-canary`. */
  readonly target?: number;
  /** The challengers that are worse; only for `abort-canary`. */
  readonly versions?: readonly number[];
  /** Retraining should be asked for: the population or the concept changed and no former version would help. */
  readonly retrain: boolean;
  readonly reason: string;
  readonly evidence: Evidence;
  /** The entry that answered the alarm before; only for `ignore`. */
  readonly answered?: number;
}

export interface DecideOptions {
  /** Instant of the decision, ISO 8601. */
  readonly now: string;
  /** After a rollback no second one for this long. */
  readonly cooldownSeconds: number;
  /** The model's entries since the release, oldest first: repeats are found among them. */
  readonly recent: readonly Entry[];
  /** Fewest samples of a version that say anything. @default 30 */
  readonly minSamples?: number;
  /** Smallest difference of two rates that matters. @default 0.05 */
  readonly minDifference?: number;
  /** Smallest ratio of two means that matters, for metrics that are no rates. @default 1.5 */
  readonly minRatio?: number;
}

/**
 * Decides what an alarm means for a release.
 *
 * Only a change of model can be undone by going back, so the variants are compared over the same window: if the
 * suspect alone is worse, the model changed; if all are worse together, the data or the population did, and the verdict is
 * `hold`. Alarms name variants, so with several challengers each is a suspect, and is judged by what is its own.
 * Without a variant beside it, a freshly released champion is compared with its predecessor over the window before the
 * release.
 *
 * @param state    after the ledger's last entry
 * @param alarm    transition into ALARM
 * @param evidence the alarm's metric by version since the release
 */
export function decideRollback(
  state: ReleaseState,
  alarm: AlarmTransition,
  evidence: Evidence,
  options: DecideOptions,
): Verdict {
  const hold = (reason: string, retrain = false): Verdict => ({ action: 'hold', retrain, reason, evidence });

  const before = answerTo(alarm, options.recent);
  if (before)
    return {
      action: 'ignore',
      retrain: false,
      reason: `entry ${before.number} answered this alarm`,
      evidence,
      answered: before.number,
    };
  if (state.champion === null || state.since === null) return hold('nothing is released');
  if (Date.parse(alarm.at) < Date.parse(state.since))
    return hold(`the alarm is of ${alarm.at}, older than the current release (${state.since})`);

  const variant = parseAlarmName(alarm.alarm)?.variant;
  if (variant === 'challenger' && state.challengers.length === 0)
    return hold('the alarm is about a challenger and there is none any more');

  const challenged = state.challengers.length > 0;
  const other = challenged
    ? find(evidence, state.champion)
    : evidence.observations.find((o) => o.role === 'predecessor');
  const suspects = challenged ? state.challengers.map(({ version }) => version) : [state.champion];
  const compared = suspects.map((version) => ({
    version,
    ...compare(find(evidence, version), other, evidence, options),
  }));
  const worse = compared.filter(({ kind }) => kind === 'alone');
  const reason = (worse.length > 0 ? worse : compared).map((each) => each.reason).join('; ');
  if (worse.length === 0)
    return hold(
      reason,
      compared.some(({ kind }) => kind === 'together'),
    );

  const since =
    state.lastRollback === null ? undefined : (Date.parse(options.now) - Date.parse(state.lastRollback)) / 1_000;
  if (since !== undefined && since < options.cooldownSeconds)
    return hold(
      `${reason}; but the last rollback was ${Math.round(since)} s ago and ${options.cooldownSeconds} s of cool-down hold`,
    );
  if (challenged) {
    const versions = worse.map(({ version }) => version);
    return { action: 'abort-canary', target: state.champion, versions, retrain: false, reason, evidence };
  }
  const target = state.previous.at(-1);
  if (target === undefined) return hold(`${reason}; but there is no former champion to go back to`, true);
  return { action: 'revert', target, retrain: false, reason, evidence };
}

/** The entry that answered this very transition, if one did. */
export const answerTo = (
  { alarm, at }: Pick<AlarmTransition, 'alarm' | 'at'>,
  entries: readonly Entry[],
): Entry | undefined => entries.find(({ cause }) => cause?.alarm === alarm && cause.at === at);

/**
 * The registry's command for a verdict; undefined for `ignore`. One command, so that an answer is one write: holding
 * because the population changed and asking for retraining are one entry.
 */
export function commandOf(verdict: Verdict, alarm: AlarmTransition, state: ReleaseState): Command | undefined {
  const grounds = { reason: verdict.reason, cause: { alarm: alarm.alarm, at: alarm.at }, evidence: verdict.evidence };
  switch (verdict.action) {
    case 'abort-canary':
      return { type: 'abort-canary', versions: verdict.versions!, quarantine: true, ...grounds };
    case 'revert':
      return { type: 'roll-back', to: verdict.target!, quarantine: true, ...grounds };
    case 'hold':
      return { type: verdict.retrain && state.retraining === null ? 'request-retraining' : 'hold-alarm', ...grounds };
    case 'ignore':
      return undefined;
  }
}

type Comparison = { readonly kind: 'alone' | 'together' | 'unclear'; readonly reason: string };

function compare(
  accused: MetricObservation | undefined,
  other: MetricObservation | undefined,
  evidence: Evidence,
  { minSamples = 30, minDifference = 0.05, minRatio = 1.5 }: DecideOptions,
): Comparison {
  const { metric } = evidence;
  if (!accused || accused.samples < minSamples)
    return unclear(`${metric}: ${accused?.samples ?? 0} samples of the suspect, ${minSamples} are needed to judge`);
  const self = `version ${accused.version} has ${formatObservation(accused, evidence)}`;
  if (!other || other.samples < minSamples) return alone(accused, self, evidence, minDifference);

  const versus =
    other.role === 'predecessor' ? 'its predecessor before the release (another window), version' : 'version';
  const pair = `${self}, ${versus} ${other.version} ${formatObservation(other, evidence)}`;
  if (!evidence.rate) {
    if (accused.mean >= minRatio * other.mean) return { kind: 'alone', reason: `${metric}: ${pair}` };
    return { kind: 'together', reason: `${metric}: ${pair}: they moved together` };
  }
  // 99 %, for an alarm that stays up is looked at again and again.
  const { difference, low, high } = differenceOfRates(accused, other, Z99);
  const gap = `difference ${points(difference)} [${points(low)}, ${points(high)}]`;
  const bad = (o: MetricObservation): boolean =>
    o.mean >= evidence.threshold || worseThanBaseline(o, evidence, minDifference);
  // What the variant beside it has lost as well is the drift's part of what the suspect has lost.
  const shared = bad(other) ? other.mean - Math.min(other.mean, evidence.baseline ?? evidence.threshold) : 0;
  if (low > 0 && difference >= Math.max(minDifference, shared))
    return { kind: 'alone', reason: `${metric}: ${pair}: the suspect alone is worse, ${gap}` };
  if (bad(accused) && bad(other))
    return {
      kind: 'together',
      reason: `${metric}: ${pair}: all are worse together than the baseline${evidence.baseline === undefined ? '' : ` (${percent(evidence.baseline)})`}, so the data or the population changed; ${gap}`,
    };
  return unclear(`${metric}: ${pair}: no clear difference, ${gap}`);
}

/** With nobody to compare with, only the baseline is left, and it cannot tell the model from the data. */
function alone(accused: MetricObservation, self: string, evidence: Evidence, minDifference: number): Comparison {
  if (worseThanBaseline(accused, evidence, minDifference))
    return {
      kind: 'together',
      reason: `${evidence.metric}: ${self}, worse than its baseline (${percent(evidence.baseline!)}), and there is no other version to tell the model from the data`,
    };
  return unclear(`${evidence.metric}: ${self} and there is no other version to compare with`);
}

function worseThanBaseline(o: MetricObservation, { baseline, rate }: Evidence, minDifference: number): boolean {
  return (
    rate && baseline !== undefined && o.mean - baseline >= minDifference && wilson(o.mean, o.samples)[0] > baseline
  );
}

const unclear = (reason: string): Comparison => ({ kind: 'unclear', reason });
const find = (evidence: Evidence, version: number): MetricObservation | undefined =>
  evidence.observations.find((o) => o.version === version && o.role !== 'predecessor');
const percent = (rate: number): string => `${(100 * rate).toFixed(1)} %`;
const points = (rate: number): string => `${rate < 0 ? '−' : '+'}${(100 * Math.abs(rate)).toFixed(1)} pp`;
const formatObservation = (o: MetricObservation, { rate }: Evidence): string =>
  `${rate ? percent(o.mean) : Number(o.mean.toPrecision(4))} of ${o.samples}`;
