import { Annotations, Aspects, Stack } from 'aws-cdk-lib';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { EventField, type IEventBus, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct, type IConstruct } from 'constructs';
import { allowActions, allowKey } from './allow.ts';
import { mustBeLocal } from './event-bus.ts';
import { keyBehind } from './key-behind.ts';
import { letIn } from './key-users.ts';
import { RunbookAlarm } from './runbook-alarm.ts';
import { unheardJudges } from './told-buses.ts';

/** Props of {@link OnCall}. */
export interface OnCallProps {
  /** Address that gets a mail for every alarm that pages; for a topic that is made here. @default none; subscribe to `topics` */
  readonly email?: string;
  /** Customer-managed key of the topic that is made here. @default not encrypted at rest */
  readonly encryptionKey?: IKey;
  /**
   * Topics that are there already and are told of everything. CloudWatch is let in by their policies and keys; where those
   * are imported and cannot be changed, a warning says what has to be in them. @default a new topic
   */
  readonly topics?: readonly ITopic[];
  /** Whether they are told that an alarm is over, of every alarm that pages. @default of those that page for the judge */
  readonly okActions?: boolean;
}

/**
 * The topic to which whoever is on call subscribes, or topics that are there already. It belongs into a stack that is not
 * replaced, apart from the alarms: subscriptions have to be confirmed, and would be lost with the topic.
 *
 * @example
 * ```ts
 * import { OnCall } from 'trimtab';
 *
 * new OnCall(stack, 'OnCall', { email: 'on-call@example.com' }).watch(stack);
 * ```
 */
export class OnCall extends Construct {
  /** Each receives a message for every alarm that pages, and what the judge of releases asks. */
  readonly topics: readonly ITopic[];
  private readonly okActions: boolean;
  private readonly watched = new Set<IConstruct>();

  constructor(scope: Construct, id: string, props: OnCallProps = {}) {
    super(scope, id);
    const { topics, email, encryptionKey, okActions = false } = props;
    if (topics?.length === 0) throw new Error(`${this.node.path}: topics are at least one, received none`);
    if (topics !== undefined && (email !== undefined || encryptionKey !== undefined))
      throw new Error(
        `${this.node.path}: email and encryptionKey are for a topic that is made here, received them with topics that are there already`,
      );
    for (const { fifo, node } of topics ?? [])
      if (fifo) throw new Error(`${this.node.path}: CloudWatch sends to no FIFO topic, received ${node.path}`);
    this.okActions = okActions;
    this.topics = topics ?? [this.newTopic(email, encryptionKey)];
    for (const topic of this.topics) this.letAlarmsIn(topic);
  }

  private newTopic(email: string | undefined, masterKey: IKey | undefined): Topic {
    const topic = new Topic(this, 'Topic', {
      displayName: 'Trimtab alarms',
      enforceSSL: true,
      masterKey: keyBehind(masterKey),
    });
    if (email !== undefined) topic.addSubscription(new EmailSubscription(email));
    return topic;
  }

  /** Neither encryption nor `enforceSSL` leaves SNS's own policy in place, by which CloudWatch could publish. */
  private letAlarmsIn(topic: ITopic): void {
    letIn(this, topic.masterKey, 'cloudwatch');
    const statement = new PolicyStatement({
      actions: ['sns:Publish'],
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    });
    if (topic.addToResourcePolicy(statement).statementAdded) return;
    Annotations.of(topic).addWarningV2(
      'trimtab:imported-topic',
      `the topic is imported, so its policy cannot be changed here; alarms tell nobody unless it has the statement ${JSON.stringify(Stack.of(this).resolve(statement.toStatementJson()))}`,
    );
  }

  /** Sends all alarms below `scope` to the topics, also those that are added later (but not in stages below), and none that tells nobody. */
  watch(scope: IConstruct): void {
    // No aspect reaches into a stage below: what is there by now is not left to one.
    for (const found of scope.node.findAll()) this.sendFrom(found);
    Aspects.of(scope).add({ visit: (found) => this.sendFrom(found) });
  }

  private sendFrom(found: IConstruct): void {
    if (!(found instanceof Alarm) || this.watched.has(found)) return;
    this.watched.add(found);
    const tells = found instanceof RunbookAlarm ? found.tells : 'raised';
    if (tells === 'nothing') return;
    const actions = this.topics.map((topic) => new SnsAction(topic));
    found.addAlarmAction(...actions);
    if (this.okActions || tells === 'all-clear') found.addOkAction(...actions);
  }

  /**
   * Sends the topics what the judge of releases asks, with its reasons, and reminders: an alarm says only that there is
   * something, once, and nothing of what else comes while it is up.
   *
   * @param scope - the stack of the rule
   * @param eventBus - the bus that the judge tells, where it is not the account's default one; synthesis fails when a judge
   *   of the app tells another
   */
  hear(scope: Construct, environmentName: string, eventBus?: IEventBus): void {
    // The first environment of a stack keeps the ids that it is deployed under.
    const parts =
      scope.node.tryFindChild('PersonNeeded') === undefined ? scope : new Construct(scope, `Hear-${environmentName}`);
    mustBeLocal(scope, eventBus);
    parts.node.addValidation({ validate: () => unheardJudges(parts, environmentName, eventBus) });
    // A role rather than the topic's policy: the key lets services in under conditions that this one does not fulfil.
    const role = new Role(parts, 'PersonNeededRole', {
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
      }),
    });
    for (const { topicArn, masterKey } of this.topics) {
      allowActions(role, ['sns:Publish'], [topicArn]);
      allowKey(role, masterKey, 'sns', 'write');
    }
    new Rule(parts, 'PersonNeeded', {
      ...(eventBus === undefined ? {} : { eventBus }),
      description: 'what the judge of releases asks a person in this environment',
      eventPattern: {
        source: ['trimtab'],
        detailType: ['Person Needed'],
        detail: { environment: [environmentName], what: ['asked', 'reminder'] },
      },
      // Not the CDK's own target, which would add to the topic's policy and to those of its key.
      targets: this.topics.map((topic) => ({
        bind: () => ({
          arn: topic.topicArn,
          role,
          input: RuleTargetInput.fromText(EventField.fromPath('$.detail.text')),
          targetResource: topic,
        }),
      })),
    });
  }
}
