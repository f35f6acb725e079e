import type { AlarmDefinition, AlarmState, EvaluatedWindow, PagingAlarm } from '../../core/alarms/alarm.ts';
import { type Evaluation, evaluate, evaluatedRange, periodsOf, stepOf } from '../../core/alarms/evaluate.ts';
import type { Home } from '../../platform/ports.ts';

/** A state, and the time that it was found by. */
export type WindowEvaluation = Evaluation & { readonly evaluated: EvaluatedWindow };

/** Evaluates an alarm by the metrics, as CloudWatch would evaluate it at `now`. */
export async function alarmState(
  home: Pick<Home, 'metrics'>,
  alarm: AlarmDefinition | PagingAlarm,
  now: Date,
  previous: AlarmState,
): Promise<WindowEvaluation> {
  return (await alarmStates(home, alarm, [now], previous))[0]!;
}

/**
 * Evaluates an alarm as of several moments, by one question for metrics, for each costs.
 *
 * @param moments the latest first
 */
export async function alarmStates(
  { metrics }: Pick<Home, 'metrics'>,
  alarm: AlarmDefinition | PagingAlarm,
  moments: readonly Date[],
  previous: AlarmState,
): Promise<WindowEvaluation[]> {
  const { metric, dimensions, statistic } = alarm;
  const ranges = moments.map((moment) => evaluatedRange(alarm, moment.getTime()));
  const points = await metrics.query({
    metric,
    dimensions,
    statistic,
    periodSeconds: stepOf(alarm) / 1_000,
    from: new Date(ranges.at(-1)!.from),
    to: new Date(ranges[0]!.to),
  });
  const datapoints = points.map(({ at, value }) => ({ at: at.getTime(), value }));
  return moments.map((moment, i) => {
    const { from, to } = ranges[i]!;
    const evaluated = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
    return { ...evaluate(alarm, periodsOf(alarm, datapoints, moment.getTime()), previous), evaluated };
  });
}
