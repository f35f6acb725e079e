import { Duration, Stack } from 'aws-cdk-lib';
import { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { AlarmDefinition } from '../../core/alarms/alarm.ts';
import { modelWidgets } from '../dashboards/model.ts';
import { dashboardUrl } from '../dashboards/widgets.ts';
import type { DeployedModel } from '../model-folder.ts';
import { alarmOf } from './alarm-of.ts';
import type { IModelRegistry } from './model-registry.ts';
import { runbookPage } from './runbook.ts';
import type { RunbookAlarm } from './runbook-alarm.ts';

/** Props of {@link ModelMonitoring}. */
export interface ModelMonitoringProps {
  /** The registry of the models. Alarms and dashboards are of its environment. */
  readonly registry: IModelRegistry;
  /** The models with the definitions of their alarms. */
  readonly models: readonly DeployedModel[];
}

/**
 * Alarms and a dashboard for each model. The alarms wake the judge of releases and tell nobody: what the judge makes of
 * them pages (see `RollbackController`).
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
    return alarmOf(this, d, {
      says: `${d.model}, ${d.dimensions.Variant}: ${d.metric}; the judge of releases looks at it`,
      tells: 'nothing',
    });
  }
}

/** Name of an environment's overview dashboard; names of environments and models hold no underscore. */
export const overviewDashboardName = (environment: string): string => `trimtab_${environment}`;

/** Name of a model's dashboard. */
export const modelDashboardName = (environment: string, model: string): string => `trimtab_${environment}_${model}`;
