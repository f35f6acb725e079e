import type { AlarmDefinition, AlarmState } from '../../core/alarms/alarm.ts';
import { type Evaluation, evaluate, evaluationRange, periodsOf } from '../../core/alarms/evaluate.ts';
import type { Home } from '../../platform/ports.ts';

/** Evaluates an alarm by the metrics, as CloudWatch would evaluate it at `now`. */
export async function alarmState(
  home: Pick<Home, 'metrics'>,
  definition: AlarmDefinition,
  now: Date,
  previous: AlarmState,
): Promise<Evaluation> {
  const length = definition.periodSeconds * 1_000;
  const end = Math.floor(now.getTime() / length) * length;
  const points = await home.metrics.query({
    metric: definition.metric,
    dimensions: definition.dimensions,
    statistic: definition.statistic,
    periodSeconds: definition.periodSeconds,
    from: new Date(end - evaluationRange(definition) * length),
    to: new Date(end),
  });
  const datapoints = points.map(({ at, value }) => ({ at: at.getTime(), value }));
  return evaluate(definition, periodsOf(definition, datapoints, now.getTime()), previous);
}
