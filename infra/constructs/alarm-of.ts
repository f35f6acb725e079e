import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { AlarmDefinition, PagingAlarm } from '../../core/alarms/alarm.ts';
import { NAMESPACE } from '../../core/observability/metric-names.ts';
import { RunbookAlarm, type RunbookAlarmProps } from './runbook-alarm.ts';

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

/** The alarm of CloudWatch that a definition of the core describes. */
export function alarmOf(
  scope: Construct,
  definition: AlarmDefinition | PagingAlarm,
  props: Pick<RunbookAlarmProps, 'says' | 'tells' | 'warmUp'>,
): RunbookAlarm {
  const { name, metric, dimensions, statistic, periodSeconds, comparison, missingData } = definition;
  const { threshold, datapointsToAlarm, evaluationPeriods, runbook } = definition;
  return new RunbookAlarm(scope, name, {
    ...props,
    alarmName: name,
    runbook,
    metric: new Metric({
      namespace: NAMESPACE,
      metricName: metric,
      dimensionsMap: { ...dimensions },
      statistic,
      period: Duration.seconds(periodSeconds),
    }),
    threshold,
    comparisonOperator: COMPARISON[comparison],
    datapointsToAlarm,
    evaluationPeriods,
    treatMissingData: MISSING[missingData],
  });
}
