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

/** Half of what a canary of 10 % answers, so that one of which every answer is 500 is heard of. */
const SERVER_ERROR_SHARE = 0.05;

/**
 * What new code is judged by while it takes over. None of them rolls a model back: their names are CloudFormation's,
 * which the rollback's rule does not match, and they look at the function, not at a model.
 */
export class CodeAlarms extends Construct {
  /**
   * Those that a deployment is stopped by: they look at the new version alone, so that one that is up already, for what
   * the former version does, never bars the deployment that would mend it.
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
