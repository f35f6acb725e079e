import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { type ILambdaDeploymentConfig, LambdaDeploymentConfig } from 'aws-cdk-lib/aws-codedeploy';
import type { Construct } from 'constructs';
import { LIMITS_OUTPUT } from '../../core/registry/endpoint-limits.ts';
import type { DeploymentConfig } from '../config.ts';
import { ModelEndpoint, type ModelEndpointProps } from '../constructs/model-endpoint.ts';
import type { EndpointConfig } from '../scaling/config.ts';
import type { StatefulStack } from './stateful.ts';
import { authorizersOf, domainOf, functionsIn, preflightOf } from './surroundings.ts';

export interface ServingStackProps extends StackProps {
  readonly stateful: StatefulStack;
  readonly config: DeploymentConfig;
}

/** The endpoint. */
export class ServingStack extends Stack {
  readonly endpoint: ModelEndpoint;

  constructor(scope: Construct, id: string, { stateful, config, ...props }: ServingStackProps) {
    super(scope, id, props);
    this.endpoint = new ModelEndpoint(this, 'Endpoint', {
      registry: stateful.registry,
      lake: stateful.lake,
      encryptionKey: stateful.encryptionKey,
      privacy: stateful.privacy,
      architecture: config.architecture,
      ...endpointProps(config.endpoint),
      ...functionsIn(this, config),
      ...authorizersOf(this, config),
      ...(config.webAclArn === undefined ? {} : { webAclArn: config.webAclArn }),
      ...(config.cors === undefined ? {} : { corsPreflight: preflightOf(config.cors, config) }),
      ...(config.domain === undefined ? {} : { domain: domainOf(this, config.domain) }),
    });
    stateful.onCall.watch(this);
    new CfnOutput(this, LIMITS_OUTPUT, {
      value: this.endpoint.limits,
      description: 'What a version must fit into to be registered',
    });
    new CfnOutput(this, 'Url', { value: this.endpoint.url, description: 'TRIMTAB_URL' });
  }
}

const CODE_DEPLOYMENTS: Record<NonNullable<EndpointConfig['codeDeployment']>, ILambdaDeploymentConfig> = {
  canary: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
  linear: LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_1MINUTE,
  'all-at-once': LambdaDeploymentConfig.ALL_AT_ONCE,
};

function endpointProps({ codeDeployment, ...rest }: EndpointConfig): Partial<ModelEndpointProps> {
  return { ...rest, ...(codeDeployment === undefined ? {} : { codeDeployment: CODE_DEPLOYMENTS[codeDeployment] }) };
}
