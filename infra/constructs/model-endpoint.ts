import { Duration, RemovalPolicy, Stack, TimeZone, Validations } from 'aws-cdk-lib';
import {
  type CfnStage,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  type IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import {
  type ILambdaDeploymentConfig,
  LambdaDeploymentConfig,
  LambdaDeploymentGroup,
} from 'aws-cdk-lib/aws-codedeploy';
import { type Grant, type IGrantable, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Alias } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Role } from '../../core/access/roles.ts';
import { NAMESPACE, variantDimensions } from '../../core/observability/metric-names.ts';
import { cacheMbOf, type EndpointLimits } from '../../core/registry/endpoint-limits.ts';
import { infer } from '../../functions/infer/trigger.ts';
import { apiRoutes, invokeResources } from '../access-routes.ts';
import { type EndpointScaling, endpointProblems, type ProvisionedConcurrency } from '../scaling/check.ts';
import { mustScale } from '../scaling/must-scale.ts';
import { allowActions, allowKey } from './allow.ts';
import { CodeAlarms } from './code-alarms.ts';
import { DataLake, type IDataLake } from './data-lake.ts';
import { type IModelRegistry, ModelRegistry } from './model-registry.ts';
import { PredictionCapture } from './prediction-capture.ts';
import type { PrivacySecret } from './privacy-secret.ts';
import { RunbookAlarm } from './runbook-alarm.ts';
import { TrimtabFunction } from './trimtab-function.ts';

/** Props of {@link ModelEndpoint}. */
export interface ModelEndpointProps {
  /** The registry whose releases are served. @default a new ModelRegistry, retained */
  readonly registry?: IModelRegistry;
  /** Stores of captured predictions and ground truth. @default a new DataLake, retained */
  readonly lake?: IDataLake;
  /** Secret of personal fields. @default fields to be hashed or encrypted are not captured */
  readonly privacy?: PrivacySecret;
  /** Names of the models to serve. @default all in the registry */
  readonly models?: readonly string[];
  /**
   * Authorizer of requests. IAM decides by method and path what a caller may do (`grantCall`). Any
   * other has to say which roles a caller has: a JWT by scopes such as `trimtab/predict`, a Lambda authorizer by `roles`
   * in its context.
   * @default IAM: requests must be signed
   */
  readonly authorizer?: IHttpRouteAuthorizer;
  /** Answer `/v2/health/live` and `/v2/health/ready` without authorization. @default false */
  readonly openHealth?: boolean;
  /** Customer-managed key of logs, delivery stream, environment, and of stores created here. @default keys of AWS */
  readonly encryptionKey?: IKey;
  /** Processor of the function and its layers. @default x64 */
  readonly architecture?: 'x64' | 'arm64';
  /** Memory of the function, in MB, which also decides its share of a processor. @default 1769, one virtual CPU */
  readonly memoryMb?: number;
  /**
   * Temporary folder of the function (ephemeral storage), in MB; 512 to 10240. It holds the files of all versions that have
   * traffic, and of one that follows.
   * @default 2048
   */
  readonly temporaryMb?: number;
  /** Time limit of a request; at most 29 s. @default Duration.seconds(29) */
  readonly timeout?: Duration;
  /** Reserved concurrency of the function. @default no limit of its own */
  readonly reservedConcurrency?: number;
  /** Execution environments that are kept ready, scaled by their utilization. @default none */
  readonly provisionedConcurrency?: ProvisionedConcurrency;
  /**
   * How traffic is moved to new code. With provisioned concurrency only ALL_AT_ONCE is possible.
   * @default 10 % for five minutes, or all at once with provisioned concurrency
   */
  readonly codeDeployment?: ILambdaDeploymentConfig;
  /** Rate limit for all callers together, in requests per second. @default 1000 */
  readonly rateLimit?: number;
  /**
   * Requests that are logged: all, those with problems (failed, slow, refused), or those with problems and a share
   * (0 to 1) of the others.
   * @default 'problems'
   */
  readonly accessLog?: 'none' | 'problems' | 'all' | number;
}

/** What callers may do over the API. */
export type EndpointRole = Exclude<Role, 'metrics'>;

/** Whether an authorizer has to say which roles a caller has: IAM decides by itself, and without one all may do all. */
const saysRoles = (authorizer: IHttpRouteAuthorizer | undefined): boolean =>
  authorizer !== undefined && !(authorizer instanceof HttpIamAuthorizer) && !(authorizer instanceof HttpNoneAuthorizer);

/** Target utilization of the provisioned concurrency. */
const TARGET_UTILIZATION = 0.7;

/** Default deployment. An alias with provisioned concurrency cannot be weighted, so its traffic is moved at once. */
const deploymentOf = (provisioned: ProvisionedConcurrency | undefined): ILambdaDeploymentConfig =>
  provisioned ? LambdaDeploymentConfig.ALL_AT_ONCE : LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES;

/**
 * An HTTPS endpoint that serves all released models in all protocols: one function behind an HTTP API that forwards all
 * paths. New code is deployed by CodeDeploy, with alarms of its own. Models are released without a deployment.
 *
 * @example
 * ```ts
 * import { ModelEndpoint } from 'trimtab';
 *
 * const endpoint = new ModelEndpoint(stack, 'Endpoint', { memoryMb: 3538, openHealth: true });
 * const failures = endpoint.metricFailureRate('flight-delay', 'champion');
 * ```
 */
export class ModelEndpoint extends Construct {
  /** The registry whose releases are served. */
  readonly registry: IModelRegistry;
  /** Stores of captured predictions and ground truth. */
  readonly lake: IDataLake;
  /** The function that answers requests. */
  readonly function: TrimtabFunction;
  /**
   * What a version must fit into, as JSON, for an output named `EndpointLimits`: where TRIMTAB_SERVING_STACK names its stack,
   * `trimtab register` refuses what cannot be served.
   */
  readonly limits: string;
  /** Alias of the version of the code that takes traffic. */
  readonly alias: Alias;
  /** The API in front of the alias. */
  readonly api: HttpApi;
  /** Delivery of captured predictions to their store. */
  readonly capture: PredictionCapture;

  constructor(scope: Construct, id: string, props: ModelEndpointProps = {}) {
    super(scope, id);
    const { encryptionKey, provisionedConcurrency, codeDeployment = deploymentOf(provisionedConcurrency) } = props;
    mustScale<EndpointScaling>(this, endpointProblems, {
      memoryMb: props.memoryMb,
      temporaryMb: props.temporaryMb,
      timeoutSeconds: props.timeout?.toSeconds(),
      reservedConcurrency: props.reservedConcurrency,
      provisionedConcurrency,
      rateLimit: props.rateLimit,
      gradual: codeDeployment.deploymentConfigName !== LambdaDeploymentConfig.ALL_AT_ONCE.deploymentConfigName,
    });
    this.registry = props.registry ?? new ModelRegistry(this, 'Registry', { encryptionKey });
    this.lake = props.lake ?? new DataLake(this, 'Lake', { encryptionKey });
    const { temporaryMb = infer.temporaryMb } = props;
    const cacheMb = cacheMbOf(temporaryMb);
    this.function = new TrimtabFunction(this, 'Function', {
      spec: infer,
      architecture: props.architecture,
      encryptionKey,
      memoryMb: props.memoryMb,
      temporaryMb,
      timeout: props.timeout,
      reservedConcurrency: props.reservedConcurrency,
      environment: {
        ...this.registry.environment,
        ...this.lake.environment,
        ...props.privacy?.environment,
        TRIMTAB_CACHE_MB: String(cacheMb),
        TRIMTAB_MODELS: props.models?.join(',') ?? 'all',
        TRIMTAB_ACCESS_LOG: String(props.accessLog ?? 'problems'),
        TRIMTAB_ROLES: saysRoles(props.authorizer) ? 'claims' : 'gateway',
      },
    });
    this.limits = JSON.stringify({ memoryMb: this.function.memoryMb, cacheMb } satisfies EndpointLimits);
    this.registry.grantRead(this.function);
    props.privacy?.grantRead(this.function);
    allowActions(this.function, ['s3:PutObject'], [this.lake.data.arnForObjects('ground-truth/incoming/*')]);
    allowKey(this.function, this.lake.data.encryptionKey, 's3', 'write');

    this.alias = new Alias(this, 'Live', {
      aliasName: 'live',
      version: this.function.currentVersion,
      // Without it a deployment would begin with nothing ready, until the scaling notices.
      provisionedConcurrentExecutions: provisionedConcurrency?.min,
    });
    if (provisionedConcurrency) this.scale(provisionedConcurrency);
    this.api = this.httpApi(props);
    const alarms = new CodeAlarms(this, 'Code', {
      alias: this.alias,
      function: this.function,
      version: this.function.currentVersion,
      api: this.api,
    });
    const deployment = new LambdaDeploymentGroup(this, 'CodeDeployment', {
      alias: this.alias,
      deploymentConfig: codeDeployment,
      alarms: [...alarms.stopping],
    });
    Validations.of(deployment).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]',
      reason: 'the policy that AWS keeps for CodeDeploy and Lambda; what it needs is not documented otherwise',
    });
    this.callerAlarms(provisionedConcurrency !== undefined);
    this.capture = new PredictionCapture(this, 'Capture', {
      logs: this.function.logs,
      bucket: this.lake.captures,
      encryptionKey,
    });
  }

  /** Base URL of `<url>/v2/models/<model>/infer`, `<url>/v1/models/<model>:predict` and all other paths. */
  get url(): string {
    return this.api.apiEndpoint;
  }

  /** Grants calling the function directly, past the API. */
  grantInvoke(grantee: IGrantable): Grant {
    return allowActions(grantee, ['lambda:InvokeFunction'], [this.alias.functionArn]);
  }

  /**
   * Grants what the roles may do over the API, where its authorizer is IAM, and nothing else: whoever may `predict` can
   * neither send ground truth, nor ask for explanations, nor load models, nor read.
   *
   * @param roles - of `read`, `predict`, `explain`, `truth` and `operate`
   *
   * @example
   * ```ts
   * import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
   * import { ModelEndpoint } from 'trimtab';
   *
   * const endpoint = new ModelEndpoint(stack, 'Endpoint');
   * const scorer = new Role(stack, 'Scorer', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
   * endpoint.grantCall(scorer, 'predict');
   * ```
   */
  grantCall(grantee: IGrantable, ...roles: EndpointRole[]): Grant {
    const resources = [...new Set(roles.flatMap(invokeResources))];
    return allowActions(
      grantee,
      ['execute-api:Invoke'],
      resources.map((name) =>
        Stack.of(this).formatArn({ service: 'execute-api', resource: this.api.apiId, resourceName: name }),
      ),
    );
  }

  /** Share of the requests to a variant (champion, challenger or shadow) of a model that failed internally, 0 to 1. */
  metricFailureRate(model: string, variant: string, options?: MetricOptions): Metric {
    return new Metric({
      namespace: NAMESPACE,
      metricName: 'Failure',
      dimensionsMap: { ...variantDimensions(this.registry.environmentName, model, variant) },
      statistic: 'Average',
      ...options,
    });
  }

  private scale({ min, max, targetUtilization, schedule = [] }: ProvisionedConcurrency): void {
    const target = this.alias.addAutoScaling({ minCapacity: min, maxCapacity: max });
    target.scaleOnUtilization({ utilizationTarget: targetUtilization ?? TARGET_UTILIZATION });
    for (const [i, { cron, timeZone, ...ends }] of schedule.entries())
      target.scaleOnSchedule(`Schedule${i}`, {
        schedule: Schedule.expression(cron),
        ...(timeZone === undefined ? {} : { timeZone: TimeZone.of(timeZone) }),
        minCapacity: ends.min,
        maxCapacity: ends.max,
      });
  }

  /** Alarms about what callers notice before the metrics of the function show it. */
  private callerAlarms(provisioned: boolean): void {
    const minute = { period: Duration.minutes(1), statistic: 'Sum' };
    new RunbookAlarm(this, 'Throttles', {
      metric: this.function.metricThrottles(minute),
      threshold: 1,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      says: 'callers are turned away: more executions are wanted than there may be',
      runbook: 'throttles.md',
    });
    new RunbookAlarm(this, 'GatewayErrors', {
      metric: this.api.metricServerError(minute),
      threshold: 5,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      says: 'callers get answers of 500 and above',
      runbook: 'gateway-errors.md',
    });
    if (provisioned)
      new RunbookAlarm(this, 'Spillover', {
        metric: this.alias.metric('ProvisionedConcurrencySpilloverInvocations', {
          period: Duration.minutes(5),
          statistic: 'Sum',
        }),
        threshold: 1,
        evaluationPeriods: 3,
        says: 'all executions that are kept ready are in use: requests wait for cold starts',
        runbook: 'provisioned-spillover.md',
      });
  }

  private httpApi(props: ModelEndpointProps): HttpApi {
    // One permission for all routes: a policy of a function has room for few.
    const integration = new HttpLambdaIntegration('Integration', this.alias, { scopePermissionToRoute: false });
    const authorizer = props.authorizer ?? new HttpIamAuthorizer();
    const api = new HttpApi(this, 'Api', { description: 'Trimtab inference endpoint', createDefaultStage: true });
    new HttpRoute(this, 'All', { httpApi: api, integration, routeKey: HttpRouteKey.DEFAULT, authorizer });
    for (const { method, path } of apiRoutes())
      api.addRoutes({ path, methods: [method as HttpMethod], integration, authorizer });
    if (props.openHealth)
      for (const path of ['/v2/health/live', '/v2/health/ready'])
        api.addRoutes({ path, methods: [HttpMethod.GET], integration, authorizer: new HttpNoneAuthorizer() });
    const access = new LogGroup(this, 'Access', {
      retention: RetentionDays.ONE_MONTH,
      encryptionKey: props.encryptionKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    access.grantWrite(new ServicePrincipal('apigateway.amazonaws.com'));
    const stage = api.defaultStage?.node.defaultChild as CfnStage;
    stage.accessLogSettings = {
      destinationArn: access.logGroupArn,
      // Nothing of the request's content: only who, what path, and how it went.
      format: JSON.stringify({
        id: '$context.requestId',
        ip: '$context.identity.sourceIp',
        time: '$context.requestTime',
        method: '$context.httpMethod',
        path: '$context.path',
        status: '$context.status',
        ms: '$context.responseLatency',
      }),
    };
    const rate = props.rateLimit ?? 1_000;
    stage.defaultRouteSettings = {
      throttlingRateLimit: rate,
      throttlingBurstLimit: 2 * rate,
      detailedMetricsEnabled: true,
    };
    return api;
  }
}
