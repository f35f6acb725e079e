import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Construct } from 'constructs';
import type { DeploymentConfig } from '../config.ts';
import { ModelEndpoint } from '../constructs/model-endpoint.ts';
import type { StatefulStack } from './stateful.ts';

export interface ServingStackProps extends StackProps {
  readonly stateful: StatefulStack;
  readonly config: DeploymentConfig;
}

/** What answers predictions. */
export class ServingStack extends Stack {
  readonly endpoint: ModelEndpoint;

  constructor(scope: Construct, id: string, { stateful, config, ...props }: ServingStackProps) {
    super(scope, id, props);
    this.endpoint = new ModelEndpoint(this, 'Endpoint', {
      registry: stateful.registry,
      lake: stateful.lake,
      encryptionKey: stateful.encryptionKey,
      architecture: config.architecture,
      reservedConcurrency: config.reservedConcurrency,
      ...(config.authorization === 'none' ? { authorizer: new HttpNoneAuthorizer() } : {}),
    });
    new CfnOutput(this, 'Url', { value: this.endpoint.url, description: 'URL of the endpoint' });
  }
}
