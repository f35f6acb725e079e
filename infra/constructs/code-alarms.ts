import { Duration } from 'aws-cdk-lib';
import type { IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Alias, IFunction, IVersion } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { RunbookAlarm } from './runbook-alarm.ts';

/** Props of {@link CodeAlarms}. */
export interface CodeAlarmsProps {
  /** The alias that takes traffic. */
  readonly alias: Alias;
  /** The function of the code. */
  readonly function: IFunction;
  /** The new version. */
  readonly version: IVersion;
  /** The API in front of the alias. */
  readonly api: IHttpApi;
}

/** Largest 99th percentile of the duration of new code, including cold starts; milliseconds. */
const SLOW_MS = 3_000;

/** Half the share of a canary of 10 %, so that one which fails every request raises the alarm. */
const SERVER_ERROR_SHARE = 0.05;

/**
 * Alarms about new code while it takes over. None of them rolls a model back: their metrics are those of the function,
 * not of a model, and the rule of the rollback does not match their names.
 */
export class CodeAlarms extends Construct {
  /**
   * Alarms that stop a deployment. They look at the new version alone: an alarm about the old version must not block the
   * deployment that repairs it.
   */
  readonly stopping: readonly RunbookAlarm[];

  constructor(scope: Construct, id: string, { alias, function: fn, version, api }: CodeAlarmsProps) {
    super(scope, id);
    const period = Duration.minutes(1);
    // The new version alone, though the alias has both.
    const dimensionsMap = {
      FunctionName: fn.functionName,
      Resource: `${fn.functionName}:${alias.aliasName}`,
      ExecutedVersion: version.version,
    };
    const runbook = 'code-errors.md';
    this.stopping = [
      new RunbookAlarm(this, 'Errors', {
        metric: alias.metricErrors({ period, statistic: 'Sum', dimensionsMap }),
        threshold: 1,
        says: 'the new code fails: CodeDeploy goes back',
        runbook,
      }),
      new RunbookAlarm(this, 'Latency', {
        metric: alias.metricDuration({ period, statistic: 'p99', dimensionsMap }),
        threshold: SLOW_MS,
        evaluationPeriods: 3,
        datapointsToAlarm: 2,
        says: 'the new code is slow: CodeDeploy goes back',
        runbook,
      }),
    ];
    // An answer of 500 is no error of the function: it is seen at the API only, over both versions, and told to people.
    new RunbookAlarm(this, 'ServerErrors', {
      metric: api.metricServerError({ period, statistic: 'Average' }),
      threshold: SERVER_ERROR_SHARE,
      says: 'callers get answers of 500 and above, from old or new code',
      runbook,
    });
  }
}
