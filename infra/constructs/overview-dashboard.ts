import { Duration, Stack } from 'aws-cdk-lib';
import { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { modelChoice } from '../dashboards/models.ts';
import { overviewWidgets } from '../dashboards/overview.ts';
import { dashboardUrl } from '../dashboards/widgets.ts';
import type { IDataValidation } from './data-validation.ts';
import type { IDriftDetection } from './drift-detection.ts';
import type { IModelEndpoint } from './model-endpoint.ts';
import { modelDashboardName, overviewDashboardName } from './model-monitoring.ts';
import type { IReleaseReplay } from './release-replay.ts';
import type { IRollbackController } from './rollback-controller.ts';
import { runbookPage } from './runbook.ts';
import { RunbookAlarm } from './runbook-alarm.ts';
import type { ITrimtabFunction } from './trimtab-function.ts';

/** Props of {@link OverviewDashboard}. */
export interface OverviewDashboardProps {
  /** Names of the models that have a dashboard of their own; all that are registered are shown. */
  readonly models: readonly string[];
  /** The endpoint. */
  readonly endpoint: IModelEndpoint;
  /** The validation of data files. */
  readonly validation: IDataValidation;
  /** The detection of drift, and the join of ground truth. */
  readonly drift: IDriftDetection;
  /** The controller that rolls releases back and advances them. */
  readonly rollback: IRollbackController;
  /** What asks young versions again. @default it is not shown */
  readonly replay?: IReleaseReplay;
}

/**
 * One dashboard, `trimtab_<environment>`, of the whole installation: requests, models, code, data, dead letters and cost.
 *
 * @example
 * ```ts
 * import { DataValidation, DriftDetection, OverviewDashboard, RollbackController } from 'trimtab';
 *
 * const { registry, lake } = endpoint;
 * new OverviewDashboard(stack, 'Overview', {
 *   models: ['flight-delay'],
 *   endpoint,
 *   validation: new DataValidation(stack, 'Validation', { registry, lake }),
 *   drift: new DriftDetection(stack, 'Drift', { registry, lake }),
 *   rollback: new RollbackController(stack, 'Rollback', { endpoint }),
 * });
 * ```
 */
export class OverviewDashboard extends Construct {
  /** The dashboard. */
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: OverviewDashboardProps) {
    super(scope, id);
    const { endpoint, validation, drift, rollback, replay, models } = props;
    const { region } = Stack.of(this);
    const environment = endpoint.registry.environmentName;
    const functions: Record<string, ITrimtabFunction> = {
      infer: endpoint.function,
      validate: validation.function,
      drift: drift.drift,
      'ground-truth': drift.groundTruth,
      ...(replay && { replay: replay.replay }),
      advance: rollback.advance,
      rollback: rollback.rollback,
    };
    const deadLetters: Record<string, IQueue> = {
      validate: validation.deadLetters,
      drift: drift.drift.deadLetters,
      'ground-truth': drift.groundTruth.deadLetters,
      ...(replay && { replay: replay.replay.deadLetters }),
      advance: rollback.advance.deadLetters,
      rollback: rollback.deadLetters,
    };
    const alarms = [endpoint, validation, drift, rollback, ...(replay ? [replay] : [])].flatMap(alarmsBelow);
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: overviewDashboardName(environment),
      defaultInterval: Duration.hours(6),
      variables: [modelChoice(environment)],
      widgets: overviewWidgets({
        environment,
        models: models.map((name) => ({ name, url: dashboardUrl(region, modelDashboardName(environment, name)) })),
        runbook: runbookPage(this, 'README.md'),
        // By name: a reference from another stack would keep that stack from ever giving an alarm up.
        alarms: alarms.map((alarm) => alarm.byName(this)),
        endpoint,
        validation,
        judge: rollback,
        functions,
        deadLetters,
      }),
    });
  }
}

const alarmsBelow = (construct: IConstruct): RunbookAlarm[] =>
  construct.node.findAll().filter((found) => found instanceof RunbookAlarm);
