import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IWidget,
  Metric,
  TextWidget,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { type AlarmDefinition, NAMESPACE } from '../../core/alarms/alarm.ts';
import type { DeployedModel } from '../model-folder.ts';

/** What is watched, and who is told. */
export interface ModelMonitoringProps {
  /** The models, with their alarms as data. */
  readonly models: readonly DeployedModel[];
  /** Alarms of the machinery itself (dead letters): a person is told. @default none */
  readonly others?: readonly Alarm[];
  /** Customer-managed key of the topic. @default not encrypted at rest */
  readonly encryptionKey?: IKey;
  /** Gets a mail for every alarm that asks for a person. @default nobody */
  readonly email?: string;
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

/** Alarms and a dashboard for each model, and a topic for whoever answers them. */
export class ModelMonitoring extends Construct {
  /** Whoever answers alarms subscribes to it. */
  readonly topic: Topic;
  /** Alarms of all models. */
  readonly alarms: Alarm[] = [];

  constructor(scope: Construct, id: string, props: ModelMonitoringProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Notify', {
      displayName: 'Trimtab alarms',
      enforceSSL: true,
      masterKey: props.encryptionKey,
    });
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        actions: ['sns:Publish'],
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        resources: [this.topic.topicArn],
      }),
    );
    if (props.email !== undefined) this.topic.addSubscription(new EmailSubscription(props.email));
    for (const model of props.models) {
      for (const definition of model.alarms) this.alarms.push(this.alarm(definition));
      new Dashboard(this, `Dashboard-${model.name}`, {
        dashboardName: `trimtab-${model.name}`,
        widgets: widgets(model),
        defaultInterval: Duration.hours(6),
      });
    }
    for (const alarm of [...this.alarms, ...(props.others ?? [])]) alarm.addAlarmAction(new SnsAction(this.topic));
  }

  private alarm(d: AlarmDefinition): Alarm {
    return new Alarm(this, d.name, {
      alarmName: d.name,
      alarmDescription: `${d.action}; runbook: docs/runbook/${d.runbook}`,
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
