import { Duration, Validations } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { queueEncryption } from './data-key.ts';

export interface DeadLetterQueueProps {
  /** Customer-managed key of the messages. @default keys of SQS */
  readonly encryptionKey?: IKey;
}

/** Where events end that could not be processed, kept for two weeks, with an alarm as soon as there is one. */
export class DeadLetterQueue extends Queue {
  /** Goes off as soon as there is one. */
  readonly alarm: Alarm;

  constructor(scope: Construct, id: string, { encryptionKey }: DeadLetterQueueProps = {}) {
    super(scope, id, {
      ...queueEncryption(scope, id, encryptionKey),
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SQS3',
      reason:
        'it is a dead-letter queue: EventBridge, the scheduler or a queue sends here, which the rule does not see',
    });
    this.alarm = new Alarm(this, 'Alarm', {
      metric: this.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: 'Maximum' }),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: 'events could not be processed; runbook: docs/runbook/dead-letters.md',
    });
  }
}
