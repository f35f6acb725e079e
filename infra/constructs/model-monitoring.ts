import { Duration, Stack } from 'aws-cdk-lib';
import { ComparisonOperator, Dashboard, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { AlarmDefinition } from '../../core/alarms/alarm.ts';
import { NAMESPACE } from '../../core/observability/metric-names.ts';
import { modelWidgets } from '../dashboards/model.ts';
import { dashboardUrl } from '../dashboards/widgets.ts';
import type { DeployedModel } from '../model-folder.ts';
import type { IModelRegistry } from './model-registry.ts';
import { runbookPage } from './runbook.ts';
import { RunbookAlarm } from './runbook-alarm.ts';

/** Props of {@link ModelMonitoring}. */
export interface ModelMonitoringProps {
  /** The registry of the models. Alarms and dashboards are of its environment. */
  readonly registry: IModelRegistry;
  /** The models with the definitions of their alarms. */
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

/** What an alarm triggers, besides a message to whoever is on call. */
const ANSWER: Record<AlarmDefinition['action'], string> = {
  rollback: 'the variants are compared, and the release taken back if it alone is worse',
  retrain: 'retraining is asked for if the model has become worse',
  notify: 'nothing is done by itself',
};

/**
 * Alarms and a dashboard for each model.
 *
 * @example
 * ```ts
 * import { deployedModel, ModelMonitoring } from 'trimtab';
 *
 * const models = [deployedModel('models/flight-delay')];
 * new ModelMonitoring(stack, 'Monitoring', { registry: endpoint.registry, models });
 * ```
 */
export class ModelMonitoring extends Construct {
  /** The alarms of all models. */
  readonly alarms: RunbookAlarm[] = [];

  constructor(scope: Construct, id: string, props: ModelMonitoringProps) {
    super(scope, id);
    const environment = props.registry.environmentName;
    const links = {
      runbook: runbookPage(this, 'README.md'),
      overview: dashboardUrl(Stack.of(this).region, overviewDashboardName(environment)),
    };
    for (const model of props.models) {
      const definitions = model.alarmsIn(environment);
      const alarms = definitions.map((definition) => this.alarm(definition));
      this.alarms.push(...alarms);
      new Dashboard(this, `Dashboard-${model.name}`, {
        dashboardName: modelDashboardName(environment, model.name),
        widgets: modelWidgets({ ...model, environment, definitions, alarms }, links),
        defaultInterval: Duration.hours(6),
      });
    }
  }

  private alarm(d: AlarmDefinition): RunbookAlarm {
    return new RunbookAlarm(this, d.name, {
      alarmName: d.name,
      says: `${d.model}, ${d.dimensions.Variant}: ${d.metric}; ${ANSWER[d.action]}`,
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

/** Name of an environment's overview dashboard; names of environments and models hold no underscore. */
export const overviewDashboardName = (environment: string): string => `trimtab_${environment}`;

/** Name of a model's dashboard. */
export const modelDashboardName = (environment: string, model: string): string => `trimtab_${environment}_${model}`;
