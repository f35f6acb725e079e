import { createRequire } from 'node:module';
import path from 'node:path';
import { Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  Code,
  type IFunction,
  type ILayerVersion,
  Function as LambdaFunction,
  LayerVersion,
  LoggingFormat,
  Runtime,
  RuntimeFamily,
} from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionSpec } from '../../functions/function-spec.ts';
import { allowActions, allowKey } from './allow.ts';
import { functionCode } from './function-code.ts';
import { allowNetwork, type FunctionOptions, functionOptions } from './function-options.ts';
import { keyBehind } from './key-behind.ts';
import { letIn } from './key-users.ts';

/** Folder of the built functions and layers (scripts/build/functions.ts). It is in this package, whatever app uses it. */
const DIST = path.join(path.dirname(createRequire(import.meta.url).resolve('trimtab/package.json')), 'dist');

/** By its name: older versions of the CDK do not know it, though Lambda does. */
const NODE = new Runtime('nodejs24.x', RuntimeFamily.NODEJS);

/** A function of this package, as others need it. */
export interface ITrimtabFunction extends IFunction {
  /** Log group of the function. */
  readonly logs: ILogGroup;
  /** Memory, in MB. */
  readonly memoryMb: number;
}

/** What Lambda gives a function when nothing is said. */
const DEFAULT_TEMPORARY_MB = 512;

/** Props of {@link TrimtabFunction}. */
export interface TrimtabFunctionProps extends FunctionOptions {
  /** Name, triggers, memory and layers of the function: a constant of `functions/<name>/trigger.ts`. */
  readonly spec: FunctionSpec;
  /** Environment variables, besides those of all functions. @default none */
  readonly environment?: Record<string, string>;
  /** Processor of the function and its layers. @default x64 */
  readonly architecture?: 'x64' | 'arm64';
  /** Memory, in MB. @default that of the spec */
  readonly memoryMb?: number;
  /** Temporary folder (ephemeral storage), in MB. @default that of the spec, else 512 */
  readonly temporaryMb?: number;
  /** Time limit of a run. @default that of the spec */
  readonly timeout?: Duration;
  /** Reserved concurrency. @default no limit of its own */
  readonly reservedConcurrency?: number;
  /** How long the log is kept. @default one month */
  readonly logRetention?: RetentionDays;
  /** Customer-managed key of the log and the environment. @default keys of AWS */
  readonly encryptionKey?: IKey;
}

/**
 * One of this package's Lambda functions, with a role and a log group of its own, the layers of its spec, and no
 * permissions but to write its log.
 *
 * @example
 * ```ts
 * import { type FunctionSpec, TrimtabFunction } from 'trimtab';
 *
 * // The inference function of this package, without an API in front of it.
 * const spec: FunctionSpec = {
 *   name: 'infer',
 *   description: 'answers predictions',
 *   triggers: [{ kind: 'http' }],
 *   memoryMb: 1769,
 *   timeoutSeconds: 29,
 *   layers: ['onnxruntime'],
 * };
 * const { registry, lake } = endpoint;
 * const infer = new TrimtabFunction(stack, 'Infer', {
 *   spec,
 *   environment: { ...registry.environment, ...lake.environment, TRIMTAB_MODELS: 'flight-delay' },
 * });
 * registry.grantRead(infer);
 * ```
 */
export class TrimtabFunction extends LambdaFunction implements ITrimtabFunction {
  /** Log group of the function. */
  readonly logs: LogGroup;
  /** Memory, in MB. */
  readonly memoryMb: number;
  /** Temporary folder, in MB. */
  readonly temporaryMb: number;

  constructor(scope: Construct, id: string, props: TrimtabFunctionProps) {
    const { spec, architecture = 'x64' } = props;
    const temporaryMb = props.temporaryMb ?? spec.temporaryMb ?? DEFAULT_TEMPORARY_MB;
    const parts = new Construct(scope, `${id}Parts`);
    letIn(parts, props.encryptionKey, 'logs');
    const logs = new LogGroup(parts, 'Logs', {
      retention: props.logRetention ?? RetentionDays.ONE_MONTH,
      encryptionKey: keyBehind(props.encryptionKey),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(parts, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `${spec.name}: ${spec.description}`.slice(0, 1000),
    });
    allowActions(role, ['logs:CreateLogStream', 'logs:PutLogEvents'], [logs.logGroupArn, `${logs.logGroupArn}:*`]);
    if (props.vpc !== undefined) allowNetwork(role);
    super(scope, id, {
      ...functionOptions(props),
      description: spec.description,
      code: functionCode(path.join(DIST, 'functions', spec.name)),
      handler: 'index.handler',
      runtime: NODE,
      architecture: architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
      layers: spec.layers.map((name) => layerOf(scope, name, architecture)),
      memorySize: props.memoryMb ?? spec.memoryMb,
      timeout: props.timeout ?? Duration.seconds(spec.timeoutSeconds),
      ...(temporaryMb === DEFAULT_TEMPORARY_MB ? {} : { ephemeralStorageSize: Size.mebibytes(temporaryMb) }),
      reservedConcurrentExecutions: props.reservedConcurrency,
      role,
      environmentEncryption: keyBehind(props.encryptionKey),
      logGroup: logs,
      // Metrics and captures are lines that must arrive as they were written.
      loggingFormat: LoggingFormat.TEXT,
      // What an alias goes back to must still be there; versions go with their function.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      environment: { TRIMTAB_HOME: 'aws', ORT_DISABLE_TELEMETRY: '1', ...props.environment },
    });
    this.logs = logs;
    this.memoryMb = props.memoryMb ?? spec.memoryMb;
    this.temporaryMb = temporaryMb;
  }

  /**
   * Sends events whose processing failed after all retries to a queue, with the error. Rules and schedules call a function
   * asynchronously, so their own dead-letter queues do not get events for which the function failed. An event that finds
   * the function throttled waits, six hours by default, which is as long as Lambda keeps one.
   */
  keepFailures(queue: IQueue, maxEventAge = MAX_EVENT_AGE): this {
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

/** As long as Lambda keeps an event whose function is throttled. */
export const MAX_EVENT_AGE = Duration.hours(6);

/** A layer, created once for each stack and processor. */
function layerOf(scope: Construct, name: 'onnxruntime' | 'duckdb', architecture: 'x64' | 'arm64'): ILayerVersion {
  const stack = Stack.of(scope);
  const id = architecture === 'x64' ? `${name}-layer` : `${name}-${architecture}-layer`;
  const known = stack.node.tryFindChild(id) as LayerVersion | undefined;
  if (known) return known;
  return new LayerVersion(stack, id, {
    code: Code.fromAsset(path.join(DIST, 'layers', `${name}-${architecture}.zip`)),
    compatibleArchitectures: [architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64],
    compatibleRuntimes: [NODE],
    description: name,
    // A function version that is still aliased must go on finding its layer.
    removalPolicy: RemovalPolicy.RETAIN,
  });
}
