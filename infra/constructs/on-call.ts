import { Stack } from 'aws-cdk-lib';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct, type IConstruct } from 'constructs';
import { allowActions, allowKey } from './allow.ts';
import { RunbookAlarm } from './runbook-alarm.ts';

/** Props of {@link OnCall}. */
export interface OnCallProps {
  /** Address that gets a mail for every alarm that pages. @default none; subscribe to `topic` */
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
  /** Receives a message for every alarm that pages, and what the judge of releases asks. */
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

  /** Sends all alarms below `scope` to the topic, but for those that tell nobody. */
  watch(scope: IConstruct): void {
    for (const found of scope.node.findAll()) {
      if (!(found instanceof Alarm)) continue;
      const tells = found instanceof RunbookAlarm ? found.tells : 'raised';
      if (tells === 'nothing') continue;
      found.addAlarmAction(new SnsAction(this.topic));
      if (tells === 'all-clear') found.addOkAction(new SnsAction(this.topic));
    }
  }

  /**
   * Sends the topic what the judge of releases asks, with its reasons, and reminders: an alarm says only that there is
   * something, once, and nothing of what else comes while it is up.
   *
   * @param scope - the stack of the rule
   */
  hear(scope: Construct, environmentName: string): void {
    // The first environment of a stack keeps the ids that it is deployed under.
    const parts =
      scope.node.tryFindChild('PersonNeeded') === undefined ? scope : new Construct(scope, `Hear-${environmentName}`);
    // A role rather than the topic's policy: the key lets services in under conditions that this one does not fulfil.
    const role = new Role(parts, 'PersonNeededRole', {
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
      }),
    });
    allowActions(role, ['sns:Publish'], [this.topic.topicArn]);
    allowKey(role, this.topic.masterKey, 'sns', 'write');
    new Rule(parts, 'PersonNeeded', {
      description: 'what the judge of releases asks a person in this environment',
      eventPattern: {
        source: ['trimtab'],
        detailType: ['Person Needed'],
        detail: { environment: [environmentName], what: ['asked', 'reminder'] },
      },
      targets: [
        new SnsTopic(Topic.fromTopicArn(parts, 'PersonNeededTopic', this.topic.topicArn), {
          role: role.withoutPolicyUpdates(),
          message: RuleTargetInput.fromText(EventField.fromPath('$.detail.text')),
        }),
      ],
    });
  }
}
