import { Duration, Stack } from 'aws-cdk-lib';
import { ManagedPolicy, Role, WebIdentityPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { PipelineConfig } from '../pipeline/config.ts';
import { AUDIENCE, ISSUER, oidcSubject, type PipelineJob } from '../pipeline/names.ts';

/** Props of {@link GitHubRole}. */
export interface GitHubRoleProps {
  /** The repository whose workflows may assume the role. */
  readonly pipeline: PipelineConfig;
  /** The jobs that may assume it: of one kind, or of several environments. */
  readonly job: PipelineJob | readonly PipelineJob[];
  /** Name of the role, by which workflows assume it. */
  readonly roleName: string;
  /** Purpose of the role. */
  readonly description: string;
}

/**
 * A role that jobs of one kind in one repository assume by their OIDC token, for at most an hour, so that no long-lived
 * key is stored. Subject and audience are compared as a whole: a wildcard could match another repository or job.
 */
export class GitHubRole extends Role {
  constructor(scope: Construct, id: string, { pipeline, job, roleName, description }: GitHubRoleProps) {
    const { account, partition } = Stack.of(scope);
    const [subject, ...others] = [job].flat().map((each) => oidcSubject(pipeline, each));
    super(scope, id, {
      roleName,
      description,
      maxSessionDuration: Duration.hours(1),
      assumedBy: new WebIdentityPrincipal(`arn:${partition}:iam::${account}:oidc-provider/${ISSUER}`, {
        StringEquals: {
          [`${ISSUER}:aud`]: AUDIENCE,
          [`${ISSUER}:sub`]: others.length === 0 ? subject : [subject, ...others],
        },
      }),
      permissionsBoundary:
        pipeline.permissionsBoundary === undefined
          ? undefined
          : ManagedPolicy.fromManagedPolicyName(scope, `${id}Boundary`, pipeline.permissionsBoundary),
    });
  }
}
