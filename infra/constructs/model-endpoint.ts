import { Duration, Stack, TimeZone } from 'aws-cdk-lib';
import type { CorsPreflightOptions, HttpApi, IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import {
  type ILambdaDeploymentConfig,
  LambdaDeploymentConfig,
  LambdaDeploymentGroup,
} from 'aws-cdk-lib/aws-codedeploy';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Alias, type IAlias } from 'aws-cdk-lib/aws-lambda';
import { Construct, type IConstruct } from 'constructs';
import { loggedRequests } from '../../core/observability/access-log.ts';
import { cacheMbOf, type EndpointLimits } from '../../core/registry/endpoint-limits.ts';
import { infer } from '../../functions/infer/trigger.ts';
import { invokeResources } from '../access-routes.ts';
import { modelMetricNamed, variantMetric, variantNamed } from '../metrics.ts';
import { type EndpointScaling, endpointProblems, type ProvisionedConcurrency } from '../scaling/check.ts';
import { mustScale } from '../scaling/must-scale.ts';
import { acknowledge } from './acknowledge.ts';
import { allowActions, allowKey } from './allow.ts';
import { CodeAlarms } from './code-alarms.ts';
import { DataLake, type IDataLake } from './data-lake.ts';
import { endpointApi } from './endpoint-api.ts';
import { EndpointAuthorizers, type EndpointRole, type RoleAuthorizers } from './endpoint-authorizers.ts';
import { domainText, type EndpointDomain } from './endpoint-domain.ts';
import { EndpointFirewall, firewallProblems } from './endpoint-firewall.ts';
import { type FunctionOptions, functionOptions } from './function-options.ts';
import { type IModelRegistry, ModelRegistry } from './model-registry.ts';
import { PredictionCapture } from './prediction-capture.ts';
import type { IPrivacySecret } from './privacy-secret.ts';
import { belongTogether } from './registry-and-lake.ts';
import { allowSecret } from './retained-secret.ts';
import { RunbookAlarm } from './runbook-alarm.ts';
import { type ITrimtabFunction, TrimtabFunction } from './trimtab-function.ts';

/** An endpoint, as others need it. */
export interface IModelEndpoint extends IConstruct {
  /** The registry whose releases are served. */
  readonly registry: IModelRegistry;
  /** Stores of captured predictions and ground truth. */
  readonly lake: IDataLake;
  /** The function that answers requests. */
  readonly function: ITrimtabFunction;
  /** Alias of the version of the code that takes traffic. */
  readonly alias: IAlias;
  /** Grants calling the function past the API. */
  grantInvokeFunction(grantee: IGrantable): Grant;
  /** Requests to the API; by default their number in each minute. */
  metricRequests(options?: MetricOptions): Metric;
  /** Answers of 500 and above; by default their number in each minute. */
  metricServerErrors(options?: MetricOptions): Metric;
  /** Answers of 400 to 499; by default their number in each minute. */
  metricClientErrors(options?: MetricOptions): Metric;
  /** How long callers wait, in milliseconds; by default the 99th percentile of each minute. */
  metricLatency(options?: MetricOptions): Metric;
  /** Age of the oldest capture that is not delivered yet, in seconds. */
  metricCaptureAge(options?: MetricOptions): Metric;
}

/** Props of {@link ModelEndpoint}. */
export interface ModelEndpointProps extends FunctionOptions {
  /** The registry whose releases are served. @default a new ModelRegistry, retained */
  readonly registry?: IModelRegistry;
  /**
   * Name of the environment of the registry that is created here, where none is given. Every registry of an account and
   * region needs one of its own. @default dev
   */
  readonly environmentName?: string;
  /** Stores of captured predictions and ground truth. @default a new DataLake, retained */
  readonly lake?: IDataLake;
  /** Secret of personal fields. @default fields to be hashed or encrypted are not captured */
  readonly privacy?: IPrivacySecret;
  /** Names of the models to serve. @default all in the registry */
  readonly models?: readonly string[];
  /**
   * Authorizer of requests. IAM decides by method and path what a caller may do (`grantInvoke`). Any
   * other has to say which roles a caller has: a JWT by scopes such as `trimtab/predict`, a Lambda authorizer by `roles`
   * in its context.
   * @default IAM: requests must be signed
   */
  readonly authorizer?: IHttpRouteAuthorizer;
  /** Authorizers of single roles, in the place of `authorizer`. @default `authorizer` is that of all */
  readonly authorizers?: RoleAuthorizers;
  /** What pages of other origins may ask. @default API Gateway lets no page of another origin read answers */
  readonly corsPreflight?: CorsPreflightOptions;
  /** A domain of your own, made or there already. @default the name that API Gateway gives */
  readonly domain?: EndpointDomain;
  /**
   * ARN of a global web ACL of WAFv2. CloudFront with it is put in front of the API, which takes none itself, and what comes
   * past it is refused. IAM authorizes no request then, and a domain's certificate is of us-east-1.
   * @default no firewall
   */
  readonly webAclArn?: string;
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

const MINUTE = { period: Duration.minutes(1) };

/** The registry that is given, or one of the endpoint's own. @throws Error when a given one is to be of another environment */
function registryOf(
  scope: Construct,
  { registry, environmentName, encryptionKey }: ModelEndpointProps,
): IModelRegistry {
  if (registry === undefined) return new ModelRegistry(scope, 'Registry', { encryptionKey, environmentName });
  if (environmentName === undefined || environmentName === registry.environmentName) return registry;
  throw new Error(
    `the registry is of environment ${registry.environmentName}, received environmentName '${environmentName}'`,
  );
}

/** Where an API is: its domain, else the name that API Gateway gives. */
function urlOf({ apiEndpoint }: HttpApi, domain: EndpointDomain | undefined): string {
  if (domain === undefined) return apiEndpoint;
  const { basePath } = domain;
  return `https://${domainText(domain)}${basePath === undefined ? '' : `/${basePath}`}`;
}

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
export class ModelEndpoint extends Construct implements IModelEndpoint {
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
  private readonly authorizers: EndpointAuthorizers;
  /** Base URL of `<url>/v2/models/<model>/infer`, `<url>/v1/models/<model>:predict` and all other paths. */
  readonly url: string;

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
    this.authorizers = new EndpointAuthorizers(props.authorizer, props.authorizers);
    const { domain, webAclArn } = props;
    const problems =
      webAclArn === undefined ? [] : firewallProblems(this, webAclArn, { authorizers: this.authorizers, domain });
    if (problems.length > 0) throw new Error(`${this.node.path}: ${problems.join('; ')}`);
    const firewall = webAclArn === undefined ? undefined : new EndpointFirewall(this, 'Firewall', encryptionKey);
    this.registry = registryOf(this, props);
    this.lake = props.lake ?? new DataLake(this, 'Lake', { encryptionKey });
    belongTogether(this, this.registry, this.lake);
    const { temporaryMb = infer.temporaryMb } = props;
    const cacheMb = cacheMbOf(temporaryMb);
    this.function = new TrimtabFunction(this, 'Function', {
      ...functionOptions(props),
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
        TRIMTAB_ACCESS_LOG: String(loggedRequests(String(props.accessLog ?? 'problems'))),
        ...(firewall === undefined ? {} : { TRIMTAB_ORIGIN_SECRET: firewall.secret.secretArn }),
        ...this.rolesEnvironment(props.corsPreflight !== undefined),
        ...(props.domain?.basePath === undefined ? {} : { TRIMTAB_BASE_PATH: props.domain.basePath }),
      },
    });
    this.limits = JSON.stringify({ memoryMb: this.function.memoryMb, cacheMb } satisfies EndpointLimits);
    this.registry.grantRead(this.function);
    if (firewall) allowSecret(this.function, firewall.secret, encryptionKey);
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
    const { authorizers } = this;
    const { alias, corsPreflight, openHealth, rateLimit } = { ...props, alias: this.alias };
    const api = { alias, authorizers, corsPreflight, openHealth, rateLimit, encryptionKey };
    this.api = endpointApi(this, { ...api, domain: webAclArn === undefined ? domain : undefined });
    this.url =
      firewall === undefined || webAclArn === undefined
        ? urlOf(this.api, domain)
        : firewall.front({ api: this.api, webAclArn, domain });
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
    acknowledge(
      deployment,
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]',
      'the policy that AWS keeps for CodeDeploy and Lambda; what it needs is not documented otherwise',
    );
    this.callerAlarms(provisionedConcurrency !== undefined);
    this.capture = new PredictionCapture(this, 'Capture', {
      logs: this.function.logs,
      bucket: this.lake.captures,
      encryptionKey,
    });
  }

  /**
   * Grants calling the function past the API: whoever may can do all that the endpoint does, without limits of rate, and
   * no authorizer is asked. Callers of the API want `grantInvoke`.
   */
  grantInvokeFunction(grantee: IGrantable): Grant {
    return allowActions(grantee, ['lambda:InvokeFunction'], [this.alias.functionArn]);
  }

  /**
   * Grants calling the endpoint over its API: what the roles may do, and nothing else. Whoever may `predict` can neither
   * send ground truth, nor ask for explanations, nor load models, nor read.
   *
   * @param roles - of `read`, `predict`, `explain`, `truth` and `operate`; `predict` alone by default
   * @throws Error where the authorizer is another than IAM, which no policy of IAM counts for
   *
   * @example
   * ```ts
   * import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
   * import { ModelEndpoint } from 'trimtab';
   *
   * const endpoint = new ModelEndpoint(stack, 'Endpoint');
   * const scorer = new Role(stack, 'Scorer', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
   * endpoint.grantInvoke(scorer);
   * endpoint.grantInvoke(scorer, 'predict', 'explain');
   * ```
   */
  grantInvoke(grantee: IGrantable, ...roles: EndpointRole[]): Grant {
    if (roles.length === 0) roles.push('predict');
    const others = roles.filter((role) => !this.usesIam(role));
    if (others.length > 0)
      throw new Error(
        `${this.node.path}: grantInvoke is for what IAM authorizes, and ${others.join(', ')} has another authorizer, which says itself who may`,
      );
    const resources = [...new Set(roles.flatMap(invokeResources))];
    return allowActions(
      grantee,
      ['execute-api:Invoke'],
      resources.map((name) =>
        Stack.of(this).formatArn({ service: 'execute-api', resource: this.api.apiId, resourceName: name }),
      ),
    );
  }

  /** Whether requests of a role are authorized by IAM, which `grantInvoke` is for. */
  usesIam(role: EndpointRole): boolean {
    return this.authorizers.usesIam(role);
  }

  /** Share of the requests to a variant (champion, challenger or shadow) of a model that failed internally, 0 to 1. */
  metricFailureRate(model: string, variant: string, options?: MetricOptions): Metric {
    return this.metricModel('Failure', model, variant, options);
  }

  /**
   * A metric of one variant of a model, as the model's dashboard shows them (docs/observability.md); by default its mean of
   * each minute.
   *
   * @param metricName - such as `Latency`, `Rows`, `PredictionError`, `Violation`, `Score`, `Drift` or `Business.<name>`
   * @param variant - champion, challenger or shadow
   * @throws Error when there is no metric or no variant of that name
   */
  metricModel(metricName: string, model: string, variant: string, options?: MetricOptions): Metric {
    const of = { environment: this.registry.environmentName, model, variant: variantNamed(variant) };
    return variantMetric(modelMetricNamed(metricName), of, options);
  }

  /** Requests to the API; by default their number in each minute. */
  metricRequests(options?: MetricOptions): Metric {
    return this.api.metricCount({ ...MINUTE, statistic: 'Sum', ...options });
  }

  /** Answers of 500 and above; by default their number in each minute. */
  metricServerErrors(options?: MetricOptions): Metric {
    return this.api.metricServerError({ ...MINUTE, statistic: 'Sum', ...options });
  }

  /** Answers of 400 to 499; by default their number in each minute. */
  metricClientErrors(options?: MetricOptions): Metric {
    return this.api.metricClientError({ ...MINUTE, statistic: 'Sum', ...options });
  }

  /** How long callers wait, in milliseconds; by default the 99th percentile of each minute. */
  metricLatency(options?: MetricOptions): Metric {
    return this.api.metricLatency({ ...MINUTE, statistic: 'p99', ...options });
  }

  /** Age of the oldest capture that is not delivered yet, in seconds; by default the maximum of five minutes. */
  metricCaptureAge(options?: MetricOptions): Metric {
    return this.capture.metricFreshness(options);
  }

  /** Who decides what a caller may do, for the function. Preflights come by a route that is open to everybody. */
  private rolesEnvironment(preflights: boolean): Record<string, string> {
    const { held, open } = this.authorizers;
    if (!held && !(preflights && open.length === 0)) return { TRIMTAB_ROLES: 'gateway' };
    return { TRIMTAB_ROLES: 'claims', ...(open.length === 0 ? {} : { TRIMTAB_OPEN_ROLES: open.join(' ') }) };
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
    new RunbookAlarm(this, 'Throttles', {
      metric: this.function.metricThrottles({ ...MINUTE, statistic: 'Sum' }),
      threshold: 1,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      says: 'callers are turned away: more executions are wanted than there may be',
      runbook: 'throttles.md',
    });
    new RunbookAlarm(this, 'GatewayErrors', {
      metric: this.metricServerErrors(),
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
}
