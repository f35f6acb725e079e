import { Stack, type StackProps } from 'aws-cdk-lib';
import { OidcProviderNative } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { DeployRoles, type DeployTarget } from '../constructs/deploy-roles.ts';
import type { PipelineConfig } from '../pipeline/config.ts';
import { AUDIENCE, ISSUER } from '../pipeline/names.ts';

export interface PipelineStackProps extends StackProps {
  readonly pipeline: PipelineConfig;
  /** The environments of this account. */
  readonly targets: readonly DeployTarget[];
}

/** Identity provider and roles of the pipeline. An administrator deploys it to each account once. */
export class PipelineStack extends Stack {
  readonly roles: DeployRoles;

  constructor(scope: Construct, id: string, { pipeline, targets, ...props }: PipelineStackProps) {
    super(scope, id, { ...props, terminationProtection: true });
    this.roles = new DeployRoles(this, 'Roles', { pipeline, targets });
    if (pipeline.provider === 'create') {
      const provider = new OidcProviderNative(this, 'GitHub', { url: `https://${ISSUER}`, clientIds: [AUDIENCE] });
      this.roles.node.addDependency(provider);
    }
  }
}
