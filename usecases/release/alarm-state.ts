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
  const { metric, dimensions, statistic } = alarm;
  const range = evaluatedRange(alarm, now.getTime());
  const [from, to] = [new Date(range.from), new Date(range.to)];
  const points = await home.metrics.query({
    metric,
    dimensions,
    statistic,
    periodSeconds: stepOf(alarm) / 1_000,
    from,
    to,
  });
  const datapoints = points.map(({ at, value }) => ({ at: at.getTime(), value }));
  const evaluated = { from: from.toISOString(), to: to.toISOString() };
  return { ...evaluate(alarm, periodsOf(alarm, datapoints, now.getTime()), previous), evaluated };
}
