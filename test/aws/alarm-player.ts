import {
  type CloudWatchClient,
  type MetricAlarm,
  paginateDescribeAlarms,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { AlarmDefinition, type AlarmState } from '../../core/alarms/alarm.ts';
import { parseAlarmName } from '../../core/alarms/definitions.ts';
import { alarmState } from '../../functions/alarm-states.ts';
import type { Home } from '../../platform/ports.ts';

/**
 * Evaluates the deployed alarms of models as CloudWatch does, from the metrics that are there, and sets their states.
 * The emulator evaluates alarms too, but over all dimensions of a metric at once, so that no variant can be told from
 * another. What a state sets off is the emulator's.
 */
export class AlarmPlayer {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  readonly transitions: { alarm: string; to: AlarmState; reason: string }[] = [];
  readonly failures: unknown[] = [];

  constructor(
    private readonly cloudwatch: CloudWatchClient,
    private readonly home: Pick<Home, 'metrics'>,
  ) {}

  start(everyMs = 2_000): void {
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.evaluate()).catch((error) => void this.failures.push(error));
    }, everyMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async evaluate(now = new Date()): Promise<void> {
    const found = paginateDescribeAlarms({ client: this.cloudwatch }, { AlarmNamePrefix: 'trimtab-' });
    for await (const { MetricAlarms = [] } of found)
      for (const alarm of MetricAlarms) {
        const definition = definitionOf(alarm);
        if (definition === undefined) continue;
        const before = alarm.StateValue as AlarmState;
        const { state, reason } = await alarmState(this.home, definition, now, before);
        if (state === before) continue;
        await this.cloudwatch.send(
          new SetAlarmStateCommand({ AlarmName: definition.name, StateValue: state, StateReason: reason }),
        );
        this.transitions.push({ alarm: definition.name, to: state, reason });
      }
  }
}

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
    action: 'rollback',
    runbook: 'none',
  });
}
