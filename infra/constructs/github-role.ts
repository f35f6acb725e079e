import { Duration, Stack } from 'aws-cdk-lib';
import { ManagedPolicy, Role, WebIdentityPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { PipelineConfig } from '../pipeline/config.ts';
import { AUDIENCE, ISSUER, oidcSubject, type PipelineJob } from '../pipeline/names.ts';

/** Who takes the role on. */
export interface GitHubRoleProps {
  /** The repository whose workflows may take it on. */
  readonly pipeline: PipelineConfig;
  /** The jobs that may. */
  readonly job: PipelineJob;
  /** Name of the role, for workflows to name. */
  readonly roleName: string;
  /** What it is for. */
  readonly description: string;
}

/**
 * A role that jobs of one kind in one repository take on by their token, for an hour at most: no key is kept
 * anywhere. Subject and audience must be equal, to the letter: there is no wildcard that somebody could fit into.
 */
export class GitHubRole extends Role {
  constructor(scope: Construct, id: string, { pipeline, job, roleName, description }: GitHubRoleProps) {
    const { account, partition } = Stack.of(scope);
    super(scope, id, {
      roleName,
      description,
      maxSessionDuration: Duration.hours(1),
      assumedBy: new WebIdentityPrincipal(`arn:${partition}:iam::${account}:oidc-provider/${ISSUER}`, {
        StringEquals: { [`${ISSUER}:aud`]: AUDIENCE, [`${ISSUER}:sub`]: oidcSubject(pipeline, job) },
      }),
      permissionsBoundary:
        pipeline.permissionsBoundary === undefined
          ? undefined
          : ManagedPolicy.fromManagedPolicyName(scope, `${id}Boundary`, pipeline.permissionsBoundary),
    });
  }
}
