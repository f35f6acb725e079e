import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { PipelineConfig } from '../pipeline/config.ts';
import { DIFF_ROLE, roleName } from '../pipeline/names.ts';
import { allowActions } from './allow.ts';
import { GitHubRole } from './github-role.ts';

/** An environment that is deployed to from the repository. */
export interface DeployTarget {
  /** Name of the environment, here and on GitHub. */
  readonly environment: string;
  readonly region: string;
}

/** Props of {@link DeployRoles}. */
export interface DeployRolesProps {
  /** The repository, and the bootstrap of the account. */
  readonly pipeline: PipelineConfig;
  /** The environments of this account. */
  readonly targets: readonly DeployTarget[];
}

/**
 * Roles of the pipeline in an account. They may do nothing but assume the roles of the CDK's bootstrap stack: pull
 * requests the one for look-ups, jobs of a GitHub environment those that deploy to this environment.
 */
export class DeployRoles extends Construct {
  /** Reads what is deployed, for pull requests. */
  readonly diff: GitHubRole;
  /** Roles that deploy, by environment. */
  readonly deploy: Readonly<Record<string, GitHubRole>>;

  constructor(scope: Construct, id: string, { pipeline, targets }: DeployRolesProps) {
    super(scope, id);
    this.diff = new GitHubRole(this, 'Diff', {
      pipeline,
      job: 'pull_request',
      roleName: DIFF_ROLE,
      description: 'Trimtab: pull requests look up what is deployed',
    });
    const bootstrap = (name: string, region: string): string => {
      const { partition, account } = Stack.of(this);
      return `arn:${partition}:iam::${account}:role/cdk-${pipeline.qualifier}-${name}-role-${account}-${region}`;
    };
    const regions = [...new Set(targets.map(({ region }) => region))];
    allowActions(
      this.diff,
      ['sts:AssumeRole'],
      regions.map((region) => bootstrap('lookup', region)),
    );
    this.deploy = Object.fromEntries(
      targets.map(({ environment, region }) => {
        const role = new GitHubRole(this, `Deploy-${environment}`, {
          pipeline,
          job: `environment:${environment}`,
          roleName: roleName(environment, 'deploy'),
          description: `Trimtab: jobs of environment ${environment} deploy to it`,
        });
        const roles = ['deploy', 'file-publishing', 'lookup'].map((name) => bootstrap(name, region));
        allowActions(role, ['sts:AssumeRole'], roles);
        return [environment, role] as const;
      }),
    );
  }
}
