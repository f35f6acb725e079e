import { Stack } from 'aws-cdk-lib';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct, type IConstruct } from 'constructs';

/** Props of {@link OnCall}. */
export interface OnCallProps {
  /** Address that gets a mail for every alarm. @default none; subscribe to `topic` */
  readonly email?: string;
  /** Customer-managed key of the topic. @default not encrypted at rest */
  readonly encryptionKey?: IKey;
}

/**
 * The topic to which whoever is on call subscribes. It belongs into a stack that is not replaced, apart from the alarms:
 * subscriptions have to be confirmed, and would be lost with the topic.
 *
 * @example
 * ```ts
 * import { OnCall } from 'trimtab';
 *
 * new OnCall(stack, 'OnCall', { email: 'on-call@example.com' }).watch(stack);
 * ```
 */
export class OnCall extends Construct {
  /** Receives a message for every alarm. */
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: OnCallProps = {}) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', {
      displayName: 'Trimtab alarms',
      enforceSSL: true,
      masterKey: props.encryptionKey,
    });
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        actions: ['sns:Publish'],
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    if (props.email !== undefined) this.topic.addSubscription(new EmailSubscription(props.email));
  }

  /** Sends all alarms below `scope` to the topic. */
  watch(scope: IConstruct): void {
    for (const found of scope.node.findAll())
      if (found instanceof Alarm) found.addAlarmAction(new SnsAction(this.topic));
  }
}
