import { Duration, Stack } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { FunctionSpec } from '../../functions/function-spec.ts';
import { allowActions, allowKey } from './allow.ts';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import { RunbookAlarm } from './runbook-alarm.ts';
import {
  type ITrimtabFunction,
  MAX_EVENT_AGE,
  TrimtabFunction,
  type TrimtabFunctionProps,
} from './trimtab-function.ts';

/** A function with a schedule, as others need it. */
export interface IScheduledFunction extends ITrimtabFunction {
  /** Calls that failed after all retries. */
  readonly deadLetters: IQueue;
}

/** Props of {@link ScheduledFunction}. */
export interface ScheduledFunctionProps extends TrimtabFunctionProps {
  /** Whether an alarm is raised when there are no calls. @default true */
  readonly alarmOnSilence?: boolean;
}

/**
 * A function that EventBridge Scheduler calls at the rates of its spec's triggers. Calls that fail after all retries are
 * kept as dead letters, and an alarm is raised when there are no calls.
 *
 * @example
 * ```ts
 * import { type FunctionSpec, ScheduledFunction } from 'trimtab';
 *
 * // The function `drift` of this package, every ten minutes.
 * const spec: FunctionSpec = {
 *   name: 'drift',
 *   description: 'compares captured traffic with the baselines',
 *   triggers: [{ kind: 'schedule', everySeconds: 600 }],
 *   memoryMb: 2048,
 *   timeoutSeconds: 300,
 *   layers: [],
 * };
 * const { registry, lake } = endpoint;
 * new ScheduledFunction(stack, 'Drift', { spec, environment: { ...registry.environment, ...lake.environment } });
 * ```
 */
export class ScheduledFunction extends TrimtabFunction implements IScheduledFunction {
  /** Calls that failed after all retries. */
  readonly deadLetters: DeadLetterQueue;

  constructor(scope: Construct, id: string, props: ScheduledFunctionProps) {
    super(scope, id, props);
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', { encryptionKey: props.encryptionKey });
    const maxEventAge = eventAge(props.spec);
    this.keepFailures(this.deadLetters, maxEventAge);
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
          // Tried as often as the scheduler can: while it does not come through, the call is worth making.
          retryPolicy: { maximumRetryAttempts: 185, maximumEventAgeInSeconds: maxEventAge.toSeconds() },
        },
      });
      if (props.alarmOnSilence ?? true) this.silent(i, trigger.everySeconds);
    }
  }

  /** An alarm for three periods without a call: a function that is not called reports no errors. */
  private silent(schedule: number, everySeconds: number): void {
    const period = Duration.seconds(Math.max(MIN_SILENCE_SECONDS, everySeconds));
    new RunbookAlarm(this, `Silent${schedule}`, {
      metric: this.metricInvocations({ period, statistic: 'Sum' }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 3,
      // A function that is never called has no data at all.
      treatMissingData: TreatMissingData.BREACHING,
      // The first deployment makes the alarm before the first call.
      warmUp: Duration.seconds(3 * period.toSeconds()),
      says: 'a scheduled function does not run',
      runbook: 'schedule-silent.md',
    });
  }
}

/** A call that waits no longer than this outlasts a short throttling, and leaves no heap of others to be made after it. */
const MIN_EVENT_AGE = Duration.minutes(5);

/** How long a call may wait: until the next is due, which does the work as well, for runs look at what is now. */
function eventAge({ triggers }: FunctionSpec): Duration {
  const rates = triggers.flatMap((trigger) => (trigger.kind === 'schedule' ? [trigger.everySeconds] : []));
  const next = Math.min(...rates, MAX_EVENT_AGE.toSeconds());
  return Duration.seconds(Math.max(next, MIN_EVENT_AGE.toSeconds()));
}

/** Shortest period of that alarm; shorter ones would be raised by small delays. */
const MIN_SILENCE_SECONDS = 300;

/** Rate expression of the scheduler, in whole minutes. */
function rate(seconds: number): string {
  const minutes = Math.max(1, Math.round(Duration.seconds(seconds).toMinutes({ integral: false })));
  return minutes === 1 ? 'rate(1 minute)' : `rate(${minutes} minutes)`;
}
