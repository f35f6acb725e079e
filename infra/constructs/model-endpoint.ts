import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
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
import { Alarm, ComparisonOperator, Metric, type MetricOptions, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
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
import { infer } from '../../functions/infer/trigger.ts';
import { allow, allowKey } from './allow.ts';
import { DataLake, type IDataLake } from './data-lake.ts';
import { type IModelRegistry, ModelRegistry } from './model-registry.ts';
import { PredictionCapture } from './prediction-capture.ts';
import { TrimtabFunction } from './trimtab-function.ts';

/** What is served, to whom, and how. Everything has a default. */
export interface ModelEndpointProps {
  /** The registry whose releases are served. @default a new ModelRegistry, retained */
  readonly registry?: IModelRegistry;
  /** Stores that captured predictions and ground truth land in. @default a new DataLake, retained */
  readonly lake?: IDataLake;
  /** Models to serve. @default all in the registry */
  readonly models?: readonly string[];
  /** Who may call it. @default signed requests of IAM principals */
  readonly authorizer?: IHttpRouteAuthorizer;
  /** Leave `/v2/health/live` and `/v2/health/ready` open to everybody. @default false */
  readonly openHealth?: boolean;
  /** Customer-managed key of logs, delivery stream, environment and stores of its own. @default keys of AWS */
  readonly encryptionKey?: IKey;
  /** Processor of the function and its layers. @default x64 */
  readonly architecture?: 'x64' | 'arm64';
  /** Memory of the function, in MB; its share of a processor goes with it. @default 1769, one virtual CPU */
  readonly memoryMb?: number;
  /** Most executions at once. @default no limit of its own */
  readonly reservedConcurrency?: number;
  /** How a change of code takes over. @default 10 % for five minutes */
  readonly codeDeployment?: ILambdaDeploymentConfig;
  /** Requests a second, over all callers. @default 1000 */
  readonly rateLimit?: number;
}

/**
 * An HTTPS endpoint that answers for every released model, in every protocol: one function behind an HTTP API that
 * passes all paths on. A change of code goes out by CodeDeploy, with alarms of its own; a change of model never does.
 */
export class ModelEndpoint extends Construct {
  /** The registry whose releases are served. */
  readonly registry: IModelRegistry;
  /** Stores that captured predictions and ground truth land in. */
  readonly lake: IDataLake;
  /** Answers requests. */
  readonly function: TrimtabFunction;
  /** What is called: the version of the code that takes traffic. */
  readonly alias: Alias;
  /** In front of it. */
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: ModelEndpointProps = {}) {
    super(scope, id);
    const { encryptionKey } = props;
    this.registry = props.registry ?? new ModelRegistry(this, 'Registry', { encryptionKey });
    this.lake = props.lake ?? new DataLake(this, 'Lake', { encryptionKey });
    this.function = new TrimtabFunction(this, 'Function', {
      spec: infer,
      architecture: props.architecture,
      encryptionKey,
      memoryMb: props.memoryMb,
      reservedConcurrency: props.reservedConcurrency,
      environment: {
        ...this.registry.environment,
        ...this.lake.environment,
        TRIMTAB_MODELS: props.models?.join(',') ?? 'all',
      },
    });
    this.registry.grantRead(this.function);
    allow(this.function, ['s3:PutObject'], [this.lake.data.arnForObjects('ground-truth/incoming/*')]);
    allowKey(this.function, this.lake.data.encryptionKey, 's3', 'write');

    this.alias = new Alias(this, 'Live', { aliasName: 'live', version: this.function.currentVersion });
    const deployment = new LambdaDeploymentGroup(this, 'CodeDeployment', {
      alias: this.alias,
      deploymentConfig: props.codeDeployment ?? LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
      alarms: [this.codeAlarm()],
    });
    Validations.of(deployment).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]',
      reason: 'the policy that AWS keeps for CodeDeploy and Lambda; what it needs is not documented otherwise',
    });
    this.api = this.httpApi(props);
    new PredictionCapture(this, 'Capture', { logs: this.function.logs, bucket: this.lake.captures, encryptionKey });
  }

  /** Where it answers: `<url>/v2/models/<model>/infer`, `<url>/v1/models/<model>:predict`. */
  get url(): string {
    return this.api.apiEndpoint;
  }

  /** Lets somebody ask the function directly, past the API: what it serves. */
  grantInvoke(grantee: IGrantable): Grant {
    return allow(grantee, ['lambda:InvokeFunction'], [this.alias.functionArn]);
  }

  /** Requests of a model that failed inside, as a rate of 0 to 1. */
  metricFailureRate(model: string, variant: string, options?: MetricOptions): Metric {
    return new Metric({
      namespace: 'Trimtab',
      metricName: 'Failure',
      dimensionsMap: { Model: model, Variant: variant },
      statistic: 'Average',
      ...options,
    });
  }

  /** New code is judged by what the new version alone does: errors of the function itself. */
  private codeAlarm(): Alarm {
    return new Alarm(this, 'CodeErrors', {
      metric: this.alias.metricErrors({
        period: Duration.minutes(1),
        statistic: 'Sum',
        dimensionsMap: {
          FunctionName: this.function.functionName,
          Resource: `${this.function.functionName}:live`,
          ExecutedVersion: this.function.currentVersion.version,
        },
      }),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: 'the new code fails: CodeDeploy goes back; runbook: docs/runbook/code-errors.md',
    });
  }

  private httpApi(props: ModelEndpointProps): HttpApi {
    const integration = new HttpLambdaIntegration('Integration', this.alias);
    const authorizer = props.authorizer ?? new HttpIamAuthorizer();
    const api = new HttpApi(this, 'Api', { description: 'Trimtab inference endpoint', createDefaultStage: true });
    new HttpRoute(this, 'All', { httpApi: api, integration, routeKey: HttpRouteKey.DEFAULT, authorizer });
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
