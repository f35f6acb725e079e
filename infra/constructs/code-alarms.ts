import { Duration } from 'aws-cdk-lib';
import type { IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Alias, IFunction, IVersion } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { RunbookAlarm } from './runbook-alarm.ts';

/** What is judged. */
export interface CodeAlarmsProps {
  /** What takes traffic. */
  readonly alias: Alias;
  /** Whose code it is. */
  readonly function: IFunction;
  /** The version that is to take over. */
  readonly version: IVersion;
  /** In front of it. */
  readonly api: IHttpApi;
}

/** The slowest that new code may be in the 99th percentile, cold starts included, milliseconds. */
const SLOW_MS = 3_000;

/** Half of what a canary of 10 % answers. */
const SERVER_ERROR_SHARE = 0.05;

/**
 * What new code is judged by while it takes over. None of them rolls a model back: their names are CloudFormation's,
 * which the rollback's rule does not match, and they look at the function, not at a model.
 */
export class CodeAlarms extends Construct {
  /** All of them, for a deployment group. */
  readonly all: readonly RunbookAlarm[];

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
    this.all = [
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
      // An answer of 500 is no error of the function: it is seen at the API only, over both versions.
      new RunbookAlarm(this, 'ServerErrors', {
        metric: api.metricServerError({ period, statistic: 'Average' }),
        threshold: SERVER_ERROR_SHARE,
        says: 'callers get answers of 500 and above while new code takes over: CodeDeploy goes back',
        runbook,
      }),
    ];
  }
}
