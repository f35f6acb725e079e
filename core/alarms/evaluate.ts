import type { AlarmDefinition, AlarmState, PagingAlarm } from './alarm.ts';

/** What an alarm is evaluated by. */
export type EvaluatedAlarm = Pick<
  AlarmDefinition | PagingAlarm,
  'statistic' | 'periodSeconds' | 'threshold' | 'comparison' | 'datapointsToAlarm' | 'evaluationPeriods' | 'missingData'
>;

export interface AlarmDatapoint {
  /** Start of the period, milliseconds since 1970. */
  readonly at: number;
  readonly value: number;
}

export interface Evaluation {
  readonly state: AlarmState;
  readonly reason: string;
}

/**
 * Periods beyond N that are looked at when some are missing. CloudWatch says only that its "evaluation range" is
 * larger than N and depends on the period; its documented examples use a range of 5 for N = 3.
 */
const EXTRA_PERIODS = 2;

/** How far back `evaluate` looks, in periods. */
export const evaluationRange = (alarm: Pick<EvaluatedAlarm, 'evaluationPeriods'>): number =>
  alarm.evaluationPeriods + EXTRA_PERIODS;

/**
 * Evaluates an alarm by CloudWatch's rules: ALARM when at least M of the last N periods breach. Missing periods are
 * first made up for by older ones within the evaluation range; only when there are still too few is `missingData`
 * applied: `breaching` and `notBreaching` count the missing periods as such; `missing` judges by what is there, and
 * gives INSUFFICIENT_DATA when nothing is; `ignore` does so too, but keeps the state where data that is all breaching
 * is not enough to tell.
 *
 * Source: "Configuring how CloudWatch alarms treat missing data", Amazon CloudWatch User Guide; its two tables are the
 * known answers of the test.
 *
 * @param values one per period of the evaluation range, newest last; undefined where there was no data
 * @param previous the state before, for `ignore`
 */
export function evaluate(
  alarm: EvaluatedAlarm,
  values: readonly (number | undefined)[],
  previous: AlarmState,
): Evaluation {
  const present = values.filter((value) => value !== undefined).slice(-alarm.evaluationPeriods);
  const breaching = present.filter((value) => COMPARE[alarm.comparison](value, alarm.threshold)).length;
  const newest = present.at(-1);
  const reason =
    present.length === 0
      ? `no data in the last ${values.length} periods of ${alarm.periodSeconds} s`
      : `${breaching} of ${present.length} periods of ${alarm.periodSeconds} s ${PHRASE[alarm.comparison]} ` +
        `${alarm.threshold} (${alarm.datapointsToAlarm} of ${alarm.evaluationPeriods} set it off, newest value ` +
        `${Number(newest!.toPrecision(4))})`;
  return { state: stateOf(alarm, present.length, breaching, previous), reason };
}

function stateOf(alarm: EvaluatedAlarm, present: number, breaching: number, previous: AlarmState): AlarmState {
  const { datapointsToAlarm: m, evaluationPeriods: n, missingData } = alarm;
  if (breaching >= m) return 'ALARM';
  if (present === n) return 'OK';
  switch (missingData) {
    case 'notBreaching':
      return 'OK';
    case 'breaching':
      return breaching + (n - present) >= m ? 'ALARM' : 'OK';
    case 'ignore':
      return breaching === present ? previous : 'OK';
    case 'missing':
      if (present === 0) return 'INSUFFICIENT_DATA';
      return breaching === present ? 'ALARM' : 'OK';
  }
}

const MINUTE_MS = 60_000;
/** Statistics that a long period has from those of its minutes. */
const OVER_MINUTES: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Maximum: (values) => Math.max(...values),
  Minimum: (values) => Math.min(...values),
};

/**
 * By how much the periods move on, milliseconds: those of more than a minute slide by the minute, as CloudWatch's do,
 * where their statistic follows from that of minutes; others are aligned to multiples of their length.
 */
export const stepOf = ({ periodSeconds, statistic }: Pick<EvaluatedAlarm, 'periodSeconds' | 'statistic'>): number =>
  periodSeconds * 1_000 > MINUTE_MS && statistic in OVER_MINUTES ? MINUTE_MS : periodSeconds * 1_000;

/** Begin and end of the evaluation range, milliseconds since 1970: whole steps that ended before `now`. */
export function evaluatedRange(alarm: EvaluatedAlarm, now: number): { from: number; to: number } {
  const step = stepOf(alarm);
  const to = Math.floor(now / step) * step;
  return { from: to - evaluationRange(alarm) * alarm.periodSeconds * 1_000, to };
}

/**
 * Sorts datapoints, one a step, into the periods of the evaluation range that ended before `now`; the period under way is
 * not judged.
 */
export function periodsOf(
  alarm: EvaluatedAlarm,
  datapoints: readonly AlarmDatapoint[],
  now: number,
): (number | undefined)[] {
  const { from, to } = evaluatedRange(alarm, now);
  const periods: number[][] = Array.from({ length: evaluationRange(alarm) }, () => []);
  for (const { at, value } of datapoints)
    if (at < to) periods[Math.floor((at - from) / (1_000 * alarm.periodSeconds))]?.push(value);
  return periods.map((values) => (values.length > 1 ? OVER_MINUTES[alarm.statistic]?.(values) : values[0]));
}

const COMPARE: Record<AlarmDefinition['comparison'], (value: number, threshold: number) => boolean> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

const PHRASE: Record<AlarmDefinition['comparison'], string> = {
  GreaterThanThreshold: 'are above',
  GreaterThanOrEqualToThreshold: 'are at or above',
  LessThanThreshold: 'are below',
  LessThanOrEqualToThreshold: 'are at or below',
};
