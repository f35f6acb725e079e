import { Duration, Stack } from 'aws-cdk-lib';
import { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { overviewWidgets } from '../dashboards/overview.ts';
import { dashboardUrl } from '../dashboards/widgets.ts';
import type { DataValidation } from './data-validation.ts';
import type { DriftDetection } from './drift-detection.ts';
import type { ModelEndpoint } from './model-endpoint.ts';
import { modelDashboardName, OVERVIEW } from './model-monitoring.ts';
import type { RollbackController } from './rollback-controller.ts';
import { runbookPage } from './runbook.ts';
import { RunbookAlarm } from './runbook-alarm.ts';
import type { TrimtabFunction } from './trimtab-function.ts';

/** What is shown on one page. */
export interface OverviewDashboardProps {
  /** Names of the models. */
  readonly models: readonly string[];
  /** What answers. */
  readonly endpoint: ModelEndpoint;
  /** What judges files. */
  readonly validation: DataValidation;
  /** What watches drift and ground truth. */
  readonly drift: DriftDetection;
  /** What takes releases back and moves them on. */
  readonly rollback: RollbackController;
}

/** One dashboard of everything, `trimtab`: callers, models, code, data, dead letters, and what costs. */
export class OverviewDashboard extends Construct {
  /** The dashboard. */
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: OverviewDashboardProps) {
    super(scope, id);
    const { endpoint, validation, drift, rollback, models } = props;
    const { region } = Stack.of(this);
    const functions: Record<string, TrimtabFunction> = {
      infer: endpoint.function,
      validate: validation.function,
      drift: drift.drift,
      'ground-truth': drift.groundTruth,
      advance: rollback.advance,
      rollback: rollback.rollback,
    };
    const deadLetters: Record<string, IQueue> = {
      validate: validation.deadLetters,
      drift: drift.drift.deadLetters,
      'ground-truth': drift.groundTruth.deadLetters,
      advance: rollback.advance.deadLetters,
      rollback: rollback.deadLetters,
    };
    const alarms = [endpoint, validation, drift, rollback].flatMap(alarmsBelow);
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: OVERVIEW,
      defaultInterval: Duration.hours(6),
      widgets: overviewWidgets({
        models: models.map((name) => ({ name, url: dashboardUrl(region, modelDashboardName(name)) })),
        runbook: runbookPage(this, 'README.md'),
        // By name: a reference from another stack would keep that stack from ever giving an alarm up.
        alarms: alarms.map((alarm) => alarm.byName(this)),
        endpoint,
        validation,
        functions,
        deadLetters,
      }),
    });
  }
}

const alarmsBelow = (construct: IConstruct): RunbookAlarm[] =>
  construct.node.findAll().filter((found) => found instanceof RunbookAlarm);
