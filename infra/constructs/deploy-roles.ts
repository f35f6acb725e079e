import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { PipelineConfig } from '../pipeline/config.ts';
import { DIFF_ROLE, roleName } from '../pipeline/names.ts';
import { allowActions } from './allow.ts';
import { GitHubRole } from './github-role.ts';

/** An environment that is deployed to from the repository. */
export interface DeployTarget {
  /** Its name: that of the environment on GitHub, too. */
  readonly environment: string;
  readonly region: string;
}

/** Who deploys, and to what. */
export interface DeployRolesProps {
  /** The repository, and how the account was bootstrapped. */
  readonly pipeline: PipelineConfig;
  /** The environments of this account. */
  readonly targets: readonly DeployTarget[];
}

/**
 * What a pipeline may do in an account: nothing but take on roles of the CDK's bootstrap stack. Pull requests may look
 * up what is there; jobs that GitHub lets into an environment may deploy to that one.
 */
export class DeployRoles extends Construct {
  /** Looks up what is deployed, for pull requests. */
  readonly diff: GitHubRole;
  /** Deploys, one an environment. */
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
