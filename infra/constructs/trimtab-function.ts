import { createRequire } from 'node:module';
import path from 'node:path';
import { Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  Code,
  type ILayerVersion,
  Function as LambdaFunction,
  LayerVersion,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionSpec } from '../../functions/function-spec.ts';
import { allowActions, allowKey } from './allow.ts';
import { functionCode } from './function-code.ts';

/** Where functions and layers have been built (scripts/build/functions.ts): in this package, whoever's app it is part of. */
const DIST = path.join(path.dirname(createRequire(import.meta.url).resolve('trimtab/package.json')), 'dist');

/** What a function is, and what this app wants of it. */
export interface TrimtabFunctionProps {
  /** What it is and how it is run, from `functions/<name>/trigger.ts`. */
  readonly spec: FunctionSpec;
  /** Environment, besides what all functions have. @default none */
  readonly environment?: Record<string, string>;
  /** Processor of the function and its layers. @default x64 */
  readonly architecture?: 'x64' | 'arm64';
  /** Memory, in MB. @default that of the spec */
  readonly memoryMb?: number;
  /** How long a run may take. @default that of the spec */
  readonly timeout?: Duration;
  /** Most executions at once. @default no limit of its own */
  readonly reservedConcurrency?: number;
  /** How long its log is kept. @default one month */
  readonly logRetention?: RetentionDays;
  /** Customer-managed key of its log and its environment. @default keys of AWS */
  readonly encryptionKey?: IKey;
}

/** A Lambda function as all of them are here: its own role and log group, the layers of its spec, nothing granted. */
export class TrimtabFunction extends LambdaFunction {
  /** Its log. */
  readonly logs: LogGroup;
  /** Its memory, in MB. */
  readonly memoryMb: number;

  constructor(scope: Construct, id: string, props: TrimtabFunctionProps) {
    const { spec, architecture = 'x64' } = props;
    const parts = new Construct(scope, `${id}Parts`);
    const logs = new LogGroup(parts, 'Logs', {
      retention: props.logRetention ?? RetentionDays.ONE_MONTH,
      encryptionKey: props.encryptionKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(parts, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `${spec.name}: ${spec.description}`.slice(0, 1000),
    });
    allowActions(role, ['logs:CreateLogStream', 'logs:PutLogEvents'], [logs.logGroupArn, `${logs.logGroupArn}:*`]);
    super(scope, id, {
      description: spec.description,
      code: functionCode(path.join(DIST, 'functions', spec.name)),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
      layers: spec.layers.map((name) => layerOf(scope, name, architecture)),
      memorySize: props.memoryMb ?? spec.memoryMb,
      timeout: props.timeout ?? Duration.seconds(spec.timeoutSeconds),
      ...(spec.temporaryMb === undefined ? {} : { ephemeralStorageSize: Size.mebibytes(spec.temporaryMb) }),
      reservedConcurrentExecutions: props.reservedConcurrency,
      role,
      environmentEncryption: props.encryptionKey,
      logGroup: logs,
      // Metrics and captures are lines that must arrive as they were written.
      loggingFormat: LoggingFormat.TEXT,
      // What an alias goes back to must still be there; versions go with their function.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      environment: { TRIMTAB_HOME: 'aws', ORT_DISABLE_TELEMETRY: '1', ...props.environment },
    });
    this.logs = logs;
    this.memoryMb = props.memoryMb ?? spec.memoryMb;
  }

  /**
   * Keeps events that fail for good, each with its error. Rules and schedules hand an event over and are done: their
   * own dead-letter queues never see that the function failed.
   */
  keepFailures(queue: IQueue, maxEventAge = Duration.hours(2)): this {
    allowActions(this, ['sqs:SendMessage'], [queue.queueArn]);
    allowKey(this, queue.encryptionMasterKey, 'sqs', 'write');
    this.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge,
      onFailure: { bind: () => ({ destination: queue.queueArn }) },
    });
    return this;
  }
}

/** The layer of a stack, made once for each processor. */
function layerOf(scope: Construct, name: 'onnxruntime' | 'duckdb', architecture: 'x64' | 'arm64'): ILayerVersion {
  const stack = Stack.of(scope);
  const id = architecture === 'x64' ? `${name}-layer` : `${name}-${architecture}-layer`;
  const known = stack.node.tryFindChild(id) as LayerVersion | undefined;
  if (known) return known;
  return new LayerVersion(stack, id, {
    code: Code.fromAsset(path.join(DIST, 'layers', `${name}-${architecture}.zip`)),
    compatibleArchitectures: [architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64],
    compatibleRuntimes: [Runtime.NODEJS_24_X],
    description: name,
    // A function version that is still aliased must go on finding its layer.
    removalPolicy: RemovalPolicy.RETAIN,
  });
}
