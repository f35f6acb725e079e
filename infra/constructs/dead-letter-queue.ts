import { Duration } from 'aws-cdk-lib';
import { type AddToResourcePolicyResult, type PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { queueEncryption } from './data-key.ts';
import { letIn } from './key-users.ts';
import { RunbookAlarm } from './runbook-alarm.ts';

/** Props of {@link DeadLetterQueue}. */
export interface DeadLetterQueueProps {
  /** Customer-managed key of the messages. @default keys of SQS */
  readonly encryptionKey?: IKey;
}

/** How long dead letters are kept, and the age at which an alarm warns that they are about to expire. */
const RETENTION = Duration.days(14);
const EXPIRING = Duration.days(10);

/**
 * A queue of events that could not be processed. They are kept for two weeks, and the first one raises an alarm.
 *
 * @example
 * ```ts
 * import { Queue } from 'aws-cdk-lib/aws-sqs';
 * import { DeadLetterQueue } from 'trimtab';
 *
 * const queue = new DeadLetterQueue(stack, 'DeadLetters');
 * new Queue(stack, 'Work', { deadLetterQueue: { queue, maxReceiveCount: 3 } });
 * ```
 */
export class DeadLetterQueue extends Queue {
  /** Raised as soon as there is a message. */
  readonly alarm: RunbookAlarm;
  private readonly key: IKey | undefined;

  constructor(scope: Construct, id: string, { encryptionKey }: DeadLetterQueueProps = {}) {
    super(scope, id, {
      ...queueEncryption(scope, id, encryptionKey),
      enforceSSL: true,
      retentionPeriod: RETENTION,
    });
    this.key = encryptionKey;
    acknowledge(
      this,
      'AwsSolutions-SQS3',
      'it is a dead-letter queue: EventBridge, the scheduler or a queue sends here, which the rule does not see',
    );
    this.alarm = new RunbookAlarm(this, 'Alarm', {
      metric: this.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: 'Maximum' }),
      threshold: 1,
      says: 'events could not be processed',
      runbook: 'dead-letters.md',
    });
    new RunbookAlarm(this, 'Expiring', {
      metric: this.metricApproximateAgeOfOldestMessage({ period: Duration.hours(1), statistic: 'Maximum' }),
      threshold: EXPIRING.toSeconds(),
      says: 'a dead letter is lost in four days',
      runbook: 'dead-letters-expiring.md',
    });
  }

  /**
   * Adds a statement to the policy of the queue. EventBridge, where it is let in to the queue, is let in to its key as
   * well, which the CDK leaves out for the dead letters of a rule.
   */
  override addToResourcePolicy(statement: PolicyStatement): AddToResourcePolicyResult {
    const services = statement.principals.map(
      (principal) => principal instanceof ServicePrincipal && principal.service,
    );
    if (services.includes('events.amazonaws.com')) letIn(this, this.key, 'events');
    return super.addToResourcePolicy(statement);
  }
}
