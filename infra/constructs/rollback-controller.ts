import { Duration } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { alarmPrefix } from '../../core/alarms/definitions.ts';
import { pagingAlarms } from '../../core/alarms/paging.ts';
import { advance } from '../../functions/advance/trigger.ts';
import { rollback } from '../../functions/rollback/trigger.ts';
import { judgeMetric } from '../metrics.ts';
import { alarmOf } from './alarm-of.ts';
import { allowActions, allowKey } from './allow.ts';
import type { IDataLake } from './data-lake.ts';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import { allowEvents, busEnvironment } from './event-bus.ts';
import { type FunctionOptions, functionOptions } from './function-options.ts';
import { keptExecutions } from './kept-executions.ts';
import type { IModelEndpoint } from './model-endpoint.ts';
import { allowToListReleases, type IModelRegistry } from './model-registry.ts';
import { keepApart } from './registries-apart.ts';
import { belongTogether, mustServeBy } from './registry-and-lake.ts';
import { type IScheduledFunction, ScheduledFunction } from './scheduled-function.ts';
import { tells } from './told-buses.ts';
import { type ITrimtabFunction, TrimtabFunction } from './trimtab-function.ts';

/** The judge of releases, as others need it. */
export interface IRollbackController extends IConstruct {
  /** Handles alarms. */
  readonly rollback: ITrimtabFunction;
  /** Advances rollouts. */
  readonly advance: IScheduledFunction;
  /** Alarms that could not be handled. */
  readonly deadLetters: IQueue;
  /** Looks of the judge at which every model was judged; by default their number in each minute. */
  metricLooks(options?: MetricOptions): Metric;
}

/** Props of {@link RollbackController}. */
export interface RollbackControllerProps extends FunctionOptions {
  /** The endpoint, which is asked what it serves: a rollback is complete when the endpoint has followed it. */
  readonly endpoint: IModelEndpoint;
  /** The registry whose releases are changed, of the endpoint's environment. @default that of the endpoint */
  readonly registry?: IModelRegistry;
  /** The stores, by name only. @default those of the endpoint */
  readonly lake?: IDataLake;
  /** Bus that is told of releases and of what is asked; those of S3 and of alarms come by the account's default one. @default the default bus */
  readonly eventBus?: IEventBus;
  /** Customer-managed key of dead letters, logs and environments. @default keys of AWS */
  readonly encryptionKey?: IKey;
  /** Processor of the functions and their layers. @default x64 */
  readonly architecture?: 'x64' | 'arm64';
  /**
   * Executions that are kept for each of the two functions, so that a storm of requests that uses up the account's does
   * not stop rollbacks. The account's limit has to leave 100 for all others, and new accounts have 10; 0 to 1000, 0: none are kept.
   * @default 2
   */
  readonly reservedConcurrency?: number;
}

/**
 * The judge of releases: looks at every model each minute and whenever one of its alarms is raised; rolls a release back
 * that is to blame, advances canaries, tests and shadows, and asks a person what only a person can decide. Its two alarms
 * page: that it asks, and that it does not look.
 *
 * @example
 * ```ts
 * import { RollbackController } from 'trimtab';
 *
 * new RollbackController(stack, 'Rollback', { endpoint });
 * ```
 */
export class RollbackController extends Construct implements IRollbackController {
  /** Handles alarms. */
  readonly rollback: TrimtabFunction;
  /** Advances rollouts. */
  readonly advance: ScheduledFunction;
  /** Alarms that could not be handled. */
  readonly deadLetters: DeadLetterQueue;
  /** Name of the environment, a dimension of the metrics of the judge. */
  readonly environmentName: string;

  constructor(scope: Construct, id: string, props: RollbackControllerProps) {
    super(scope, id);
    const { endpoint, registry = endpoint.registry, lake = endpoint.lake, architecture, encryptionKey } = props;
    const reserved = keptExecutions(this, props.reservedConcurrency);
    const { environmentName } = registry;
    this.environmentName = environmentName;
    mustServeBy(this, registry, endpoint.registry);
    keepApart({ kind: 'judges', construct: this });
    belongTogether(this, registry, lake);
    tells(this, props.eventBus);
    const environment = {
      ...registry.environment,
      ...lake.environment,
      ...busEnvironment(this, props.eventBus),
      TRIMTAB_ENDPOINT_FUNCTION: endpoint.alias.functionArn,
    };
    const common = {
      ...functionOptions(props),
      environment,
      architecture,
      encryptionKey,
      ...reserved,
    };
    this.rollback = new TrimtabFunction(this, 'Rollback', { ...common, spec: rollback });
    // Its heartbeat says more than that it was called.
    this.advance = new ScheduledFunction(this, 'Advance', { ...common, spec: advance, alarmOnSilence: false });
    for (const fn of [this.rollback, this.advance]) {
      registry.grantReadLedger(fn);
      registry.grantAppend(fn);
      endpoint.grantInvokeFunction(fn);
      allowActions(
        fn,
        ['s3:GetObject'],
        ['baselines/*', 'side-by-side/*'].map((key) => registry.artifacts.arnForObjects(key)),
      );
      allowActions(fn, ['s3:GetObject'], [lake.data.arnForObjects('quality/*')]);
      // What a person is asked, and evidence that is too much for an entry.
      allowActions(fn, ['s3:GetObject', 's3:PutObject'], [lake.data.arnForObjects('judge/*')]);
      // Whether an hour has tallies is asked of the list: an object that is not there is no refusal then.
      allowActions(fn, ['s3:ListBucket'], [lake.data.bucketArn]);
      allowKey(fn, registry.artifacts.encryptionKey, 's3', 'read');
      allowKey(fn, lake.data.encryptionKey, 's3', 'write');
      // GetMetricData cannot be limited to resources.
      allowActions(fn, ['cloudwatch:GetMetricData'], ['*']);
      allowEvents(fn, this, props.eventBus);
    }
    // Each minute it looks whether the last release is kept beside the ledger.
    allowToListReleases(this.advance, registry.artifacts);
    for (const alarm of pagingAlarms(environmentName))
      alarmOf(this, alarm, {
        says: alarm.says,
        tells: 'all-clear',
        ...(alarm.warmUpSeconds > 0 ? { warmUp: Duration.seconds(alarm.warmUpSeconds) } : {}),
      });
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', { encryptionKey });
    this.rollback.keepFailures(this.deadLetters);
    new Rule(this, 'Alarms', {
      description: 'alarms of models of this environment that go off',
      eventPattern: {
        source: ['aws.cloudwatch'],
        detailType: ['CloudWatch Alarm State Change'],
        detail: { alarmName: [{ prefix: alarmPrefix(environmentName) }], state: { value: ['ALARM'] } },
      },
      targets: [
        new LambdaFunction(this.rollback, {
          deadLetterQueue: this.deadLetters,
          // As often and as long as EventBridge can: an alarm says what to look at, and the judge looks at what is now.
          retryAttempts: 185,
          maxEventAge: Duration.hours(24),
        }),
      ],
    });
  }

  /** Looks of the judge at which every model was judged; by default their number in each minute. */
  metricLooks(options?: MetricOptions): Metric {
    return judgeMetric('JudgeHeartbeat', { environment: this.environmentName }, options);
  }

  /** 1 while the judge asks something of a person, of one model or of any; by default the maximum of each minute. */
  metricNeedsPerson(model?: string, options?: MetricOptions): Metric {
    const of = { environment: this.environmentName, ...(model === undefined ? {} : { model }) };
    return judgeMetric('NeedsPerson', of, { statistic: 'Maximum', ...options });
  }

  /** Number of alarms that were handled. */
  metricAnswers(options?: MetricOptions): Metric {
    return this.rollback.metricInvocations(options);
  }
}
