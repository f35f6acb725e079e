import { type MetricAlarm, paginateDescribeAlarms, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { AlarmDefinition, type AlarmState, type PagingAlarm } from '../../core/alarms/alarm.ts';
import { parseAlarmName } from '../../core/alarms/definitions.ts';
import { pagingAlarms } from '../../core/alarms/paging.ts';
import type { Home } from '../../platform/ports.ts';
import { alarmState, type WindowEvaluation } from '../../usecases/release/alarm-state.ts';
import type { Clients } from './clients.ts';
import { route } from './event-router.ts';

/**
 * Evaluates an environment's deployed alarms as CloudWatch does, from the metrics that are there, sets their states, and
 * tells the bus. The emulator evaluates alarms too, but over all dimensions of a metric at once, so that no variant can
 * be told from another; and it tells the bus nothing.
 */
export class AlarmSimulator {
  /** Its own: the emulator's evaluation changes those of the alarms, too. */
  readonly #states = new Map<string, AlarmState>();
  readonly transitions: { alarm: string; to: AlarmState; reason: string }[] = [];

  constructor(
    private readonly clients: Clients,
    private readonly home: Pick<Home, 'metrics'>,
  ) {}

  async evaluate(now = new Date()): Promise<void> {
    const found = paginateDescribeAlarms({ client: this.clients.cloudwatch }, {});
    for await (const { MetricAlarms = [] } of found)
      for (const alarm of MetricAlarms) {
        const definition = definitionOf(alarm) ?? this.#paging.find(({ name }) => name === alarm.AlarmName);
        if (definition?.dimensions.Environment !== this.home.metrics.environment) continue;
        const before = this.#states.get(definition.name) ?? 'INSUFFICIENT_DATA';
        const found = await alarmState(this.home, definition, now, before);
        const { state, reason } = found;
        if (state === before) continue;
        this.#states.set(definition.name, state);
        await this.#change(alarm, before, found);
        this.transitions.push({ alarm: definition.name, to: state, reason });
      }
  }

  get #paging(): readonly PagingAlarm[] {
    return pagingAlarms(this.home.metrics.environment);
  }

  async #change(alarm: MetricAlarm, before: AlarmState, { state, reason, evaluated }: WindowEvaluation): Promise<void> {
    const { cloudwatch } = this.clients;
    const AlarmName = alarm.AlarmName!;
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName, StateValue: state, StateReason: reason }));
    await route(this.clients, {
      source: 'aws.cloudwatch',
      detailType: 'CloudWatch Alarm State Change',
      resources: [alarm.AlarmArn!],
      detail: {
        alarmName: AlarmName,
        state: {
          value: state,
          reason,
          reasonData: JSON.stringify({
            version: '1.0',
            queryDate: stamp(new Date(evaluated.to)),
            startDate: stamp(new Date(evaluated.from)),
            period: alarm.Period,
            threshold: alarm.Threshold,
          }),
          timestamp: stamp(new Date()),
        },
        previousState: { value: before, reason: alarm.StateReason, timestamp: stamp(alarm.StateUpdatedTimestamp!) },
      },
    });
  }
}

/** As CloudWatch writes instants: `2026-11-12T09:20:00.123+0000`. */
const stamp = (at: Date): string => at.toISOString().replace('Z', '+0000');

const MISSING = ['notBreaching', 'breaching', 'ignore', 'missing'] as const;

/** A deployed alarm as the core knows alarms; undefined for one that is not a model's. */
function definitionOf(alarm: MetricAlarm): AlarmDefinition | undefined {
  const name = parseAlarmName(alarm.AlarmName ?? '');
  if (name === undefined) return undefined;
  return AlarmDefinition.parse({
    name: alarm.AlarmName,
    model: name.model,
    metric: alarm.MetricName,
    dimensions: Object.fromEntries((alarm.Dimensions ?? []).map(({ Name, Value }) => [Name, Value])),
    statistic: alarm.ExtendedStatistic ?? alarm.Statistic,
    periodSeconds: alarm.Period,
    threshold: alarm.Threshold,
    comparison: alarm.ComparisonOperator,
    datapointsToAlarm: alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods,
    evaluationPeriods: alarm.EvaluationPeriods,
    missingData: MISSING.find((known) => known === alarm.TreatMissingData) ?? 'missing',
    action: 'wake-judge',
    runbook: 'none',
  });
}
