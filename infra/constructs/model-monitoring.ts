import { Duration } from 'aws-cdk-lib';
import {
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IWidget,
  Metric,
  TextWidget,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { type AlarmDefinition, NAMESPACE } from '../../core/alarms/alarm.ts';
import type { DeployedModel } from '../model-folder.ts';
import { RunbookAlarm } from './runbook-alarm.ts';

/** What is watched, and who is told. */
export interface ModelMonitoringProps {
  /** The models, with their alarms as data. */
  readonly models: readonly DeployedModel[];
}

const MISSING: Record<AlarmDefinition['missingData'], TreatMissingData> = {
  notBreaching: TreatMissingData.NOT_BREACHING,
  breaching: TreatMissingData.BREACHING,
  ignore: TreatMissingData.IGNORE,
  missing: TreatMissingData.MISSING,
};

const COMPARISON: Record<AlarmDefinition['comparison'], ComparisonOperator> = {
  GreaterThanThreshold: ComparisonOperator.GREATER_THAN_THRESHOLD,
  GreaterThanOrEqualToThreshold: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  LessThanThreshold: ComparisonOperator.LESS_THAN_THRESHOLD,
  LessThanOrEqualToThreshold: ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
};

/** What is done about an alarm besides telling whoever is on call. */
const ANSWER: Record<AlarmDefinition['action'], string> = {
  rollback: 'the variants are compared, and the release taken back if it alone is worse',
  retrain: 'retraining is asked for if the model has become worse',
  notify: 'nothing is done by itself',
};

/** Alarms and a dashboard for each model. */
export class ModelMonitoring extends Construct {
  /** Alarms of all models. */
  readonly alarms: RunbookAlarm[] = [];

  constructor(scope: Construct, id: string, props: ModelMonitoringProps) {
    super(scope, id);
    for (const model of props.models) {
      for (const definition of model.alarms) this.alarms.push(this.alarm(definition));
      new Dashboard(this, `Dashboard-${model.name}`, {
        dashboardName: `trimtab-${model.name}`,
        widgets: widgets(model),
        defaultInterval: Duration.hours(6),
      });
    }
  }

  private alarm(d: AlarmDefinition): RunbookAlarm {
    return new RunbookAlarm(this, d.name, {
      alarmName: d.name,
      says: `${d.model}, ${d.dimensions.Variant ?? 'all variants'}: ${d.metric}; ${ANSWER[d.action]}`,
      runbook: d.runbook,
      metric: new Metric({
        namespace: NAMESPACE,
        metricName: d.metric,
        dimensionsMap: { ...d.dimensions },
        statistic: d.statistic,
        period: Duration.seconds(d.periodSeconds),
      }),
      threshold: d.threshold,
      comparisonOperator: COMPARISON[d.comparison],
      datapointsToAlarm: d.datapointsToAlarm,
      evaluationPeriods: d.evaluationPeriods,
      treatMissingData: MISSING[d.missingData],
    });
  }
}

/** What a person on call looks at first, from the top: is it wrong, is it failing, is it slow, what does it see. */
function widgets({ name, alarms }: DeployedModel): IWidget[][] {
  const metric = (metricName: string, variant: string, statistic: string): Metric =>
    new Metric({
      namespace: NAMESPACE,
      metricName,
      dimensionsMap: { Model: name, Variant: variant },
      statistic,
      period: Duration.minutes(1),
      label: variant,
    });
  const graph = (
    title: string,
    metricName: string,
    statistic: string,
    variants = ['champion', 'challenger'],
  ): GraphWidget => {
    const line = alarms.find((a) => a.metric === metricName);
    return new GraphWidget({
      title,
      width: 12,
      height: 6,
      left: variants.map((variant) => metric(metricName, variant, statistic)),
      leftAnnotations: line ? [{ value: line.threshold, label: 'alarm' }] : [],
      leftYAxis: { min: 0 },
    });
  };
  return [
    [
      new TextWidget({
        markdown: `# ${name}\nWhat to do about an alarm is in docs/runbook/, a page each.`,
        width: 24,
        height: 2,
      }),
    ],
    [graph('Wrong decisions, share', 'Wrong', 'Average'), graph('Failed requests, share', 'Failure', 'Average')],
    [graph('Latency p99, ms', 'Latency', 'p99'), graph('Rows answered', 'Rows', 'Sum')],
    [
      graph('Requests that break the contract, share', 'Violation', 'Average'),
      graph('Score, mean', 'Score', 'Average'),
    ],
    [
      graph('Drifted features, share', 'Drift', 'Maximum', ['champion']),
      graph('Load failures', 'LoadFailure', 'Maximum'),
    ],
  ];
}
