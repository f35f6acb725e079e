import { Duration, Stack } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { allowActions, allowKey } from './allow.ts';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import { RunbookAlarm } from './runbook-alarm.ts';
import { TrimtabFunction, type TrimtabFunctionProps } from './trimtab-function.ts';

/** A function that EventBridge Scheduler runs at the rate of its triggers. Runs that fail for good are kept. */
export class ScheduledFunction extends TrimtabFunction {
  /** Runs that failed for good. */
  readonly deadLetters: DeadLetterQueue;

  constructor(scope: Construct, id: string, props: TrimtabFunctionProps) {
    super(scope, id, props);
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', { encryptionKey: props.encryptionKey });
    this.keepFailures(this.deadLetters, Duration.hours(1));
    const role = new Role(this, 'ScheduleRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    allowActions(role, ['lambda:InvokeFunction'], [this.functionArn]);
    allowActions(role, ['sqs:SendMessage'], [this.deadLetters.queueArn]);
    allowKey(role, props.encryptionKey, 'sqs', 'write');
    for (const [i, trigger] of props.spec.triggers.entries()) {
      if (trigger.kind !== 'schedule') continue;
      new CfnSchedule(this, `Schedule${i}`, {
        description: props.spec.description,
        scheduleExpression: rate(trigger.everySeconds),
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: this.functionArn,
          roleArn: role.roleArn,
          input: JSON.stringify({ source: 'trimtab.schedule', time: '<aws.scheduler.scheduled-time>' }),
          deadLetterConfig: { arn: this.deadLetters.queueArn },
          retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 3_600 },
        },
      });
      this.silent(i, trigger.everySeconds);
    }
  }

  /** Goes off when there has been no run for three periods: what does not run reports no failure either. */
  private silent(schedule: number, everySeconds: number): void {
    new RunbookAlarm(this, `Silent${schedule}`, {
      metric: this.metricInvocations({
        period: Duration.seconds(Math.max(MIN_SILENCE_SECONDS, everySeconds)),
        statistic: 'Sum',
      }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 3,
      // A function that is never called has no data at all.
      treatMissingData: TreatMissingData.BREACHING,
      says: 'a scheduled function does not run',
      runbook: 'schedule-silent.md',
    });
  }
}

/** A period of a heartbeat; shorter ones would go off at a hiccup. */
const MIN_SILENCE_SECONDS = 300;

/** A rate in the scheduler's words, whole minutes. */
function rate(seconds: number): string {
  const minutes = Math.max(1, Math.round(Duration.seconds(seconds).toMinutes({ integral: false })));
  return minutes === 1 ? 'rate(1 minute)' : `rate(${minutes} minutes)`;
}
