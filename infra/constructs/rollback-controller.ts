import { Duration } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { advance } from '../../functions/advance/trigger.ts';
import { rollback } from '../../functions/rollback/trigger.ts';
import { allowActions, allowKey } from './allow.ts';
import type { IDataLake } from './data-lake.ts';
import { defaultBus } from './data-validation.ts';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import type { ModelEndpoint } from './model-endpoint.ts';
import { allowToListReleases, type IModelRegistry } from './model-registry.ts';
import { ScheduledFunction } from './scheduled-function.ts';
import { TrimtabFunction } from './trimtab-function.ts';

/** What is rolled back. */
export interface RollbackControllerProps {
  /** The endpoint that is asked what it serves: a rollback counts when it is seen. */
  readonly endpoint: ModelEndpoint;
  /** The registry whose ledger is written. @default that of the endpoint */
  readonly registry?: IModelRegistry;
  /** Stores; their names only. @default those of the endpoint */
  readonly lake?: IDataLake;
  /** Customer-managed key of dead letters, logs and environments. @default keys of AWS */
  readonly encryptionKey?: IKey;
  /** Processor of the functions and their layers. @default x64 */
  readonly architecture?: 'x64' | 'arm64';
}

/** Takes a bad model release back when one of its alarms fires, and moves good ones on while none does. */
export class RollbackController extends Construct {
  /** Answers alarms. */
  readonly rollback: TrimtabFunction;
  /** Moves rollouts on. */
  readonly advance: ScheduledFunction;
  /** Alarms that could not be answered. */
  readonly deadLetters: DeadLetterQueue;

  constructor(scope: Construct, id: string, props: RollbackControllerProps) {
    super(scope, id);
    const { endpoint, registry = endpoint.registry, lake = endpoint.lake, architecture, encryptionKey } = props;
    const environment = {
      ...registry.environment,
      ...lake.environment,
      TRIMTAB_ENDPOINT_FUNCTION: endpoint.alias.functionArn,
    };
    this.rollback = new TrimtabFunction(this, 'Rollback', { spec: rollback, environment, architecture, encryptionKey });
    this.advance = new ScheduledFunction(this, 'Advance', { spec: advance, environment, architecture, encryptionKey });
    for (const fn of [this.rollback, this.advance]) {
      registry.grantReadLedger(fn);
      registry.grantAppend(fn);
      endpoint.grantInvoke(fn);
      allowActions(fn, ['s3:GetObject'], [registry.artifacts.arnForObjects('baselines/*')]);
      allowKey(fn, registry.artifacts.encryptionKey, 's3', 'read');
      // GetMetricData has no resource to narrow it to.
      allowActions(fn, ['cloudwatch:GetMetricData'], ['*']);
      allowActions(fn, ['events:PutEvents'], [defaultBus(this)]);
    }
    // Each minute it looks whether the last release is kept beside the ledger.
    allowToListReleases(this.advance, registry.artifacts);
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', { encryptionKey });
    this.rollback.keepFailures(this.deadLetters);
    new Rule(this, 'Alarms', {
      description: 'alarms of models that go off',
      eventPattern: {
        source: ['aws.cloudwatch'],
        detailType: ['CloudWatch Alarm State Change'],
        detail: { alarmName: [{ prefix: 'trimtab-' }], state: { value: ['ALARM'] } },
      },
      targets: [
        new LambdaFunction(this.rollback, {
          deadLetterQueue: this.deadLetters,
          retryAttempts: 8,
          maxEventAge: Duration.hours(2),
        }),
      ],
    });
  }

  /** Alarms that were answered. */
  metricAnswers(options?: MetricOptions): Metric {
    return this.rollback.metricInvocations(options);
  }
}
