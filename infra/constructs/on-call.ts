import { Stack } from 'aws-cdk-lib';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct, type IConstruct } from 'constructs';

/** Who is told. */
export interface OnCallProps {
  /** Gets a mail for every alarm. @default nobody; subscribe to `topic` */
  readonly email?: string;
  /** Customer-managed key of the topic. @default not encrypted at rest */
  readonly encryptionKey?: IKey;
}

/**
 * Whoever answers alarms. It stands with the state, apart from what it watches: a subscription that somebody has
 * confirmed should not be lost with a stack.
 */
export class OnCall extends Construct {
  /** Whoever answers alarms subscribes to it. */
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

  /** Tells whoever is on call of every alarm below `scope`. */
  watch(scope: IConstruct): void {
    for (const found of scope.node.findAll())
      if (found instanceof Alarm) found.addAlarmAction(new SnsAction(this.topic));
  }
}
