import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { allowActions, allowKey } from '../constructs/allow.ts';
import { allowEvents } from '../constructs/event-bus.ts';
import { GitHubRole } from '../constructs/github-role.ts';
import type { PipelineConfig } from '../pipeline/config.ts';
import { roleName } from '../pipeline/names.ts';
import type { ServingStack } from './serving.ts';
import type { StatefulStack } from './stateful.ts';

export interface AccessStackProps extends StackProps {
  readonly environment: string;
  /** The environment on GitHub whose jobs may use it. */
  readonly jobs: string;
  readonly pipeline: PipelineConfig;
  readonly stateful: StatefulStack;
  readonly serving: ServingStack;
}

/** Roles by which jobs of the pipeline use a deployed environment: calling the endpoint, and releasing models. */
export class AccessStack extends Stack {
  /** Calls the endpoint, and compares what it serves with the ledger. */
  readonly smoke: GitHubRole;
  /** Registers, approves, releases and rolls back versions of models. */
  readonly models: GitHubRole;

  /** Reads versions, for jobs of other environments that copy them; only where the configuration names such. */
  readonly copy?: GitHubRole;

  constructor(scope: Construct, id: string, props: AccessStackProps) {
    const { environment, jobs, pipeline, stateful, serving, ...rest } = props;
    super(scope, id, rest);
    const job = `environment:${jobs}` as const;
    this.smoke = new GitHubRole(this, 'Smoke', {
      pipeline,
      job,
      roleName: roleName(environment, 'smoke'),
      description: `Trimtab: jobs of environment ${environment} ask its endpoint`,
    });
    this.models = new GitHubRole(this, 'Models', {
      pipeline,
      job,
      roleName: roleName(environment, 'models'),
      description: `Trimtab: jobs of environment ${environment} release models`,
    });
    const { registry } = stateful;
    const { artifacts } = registry;
    for (const role of [this.smoke, this.models]) {
      registry.grantReadLedger(role);
      // Names and address of what is deployed, from the outputs.
      allowActions(
        role,
        ['cloudformation:DescribeStacks'],
        [stateful, serving].map(({ stackName }) =>
          this.formatArn({ service: 'cloudformation', resource: 'stack', resourceName: `${stackName}/*` }),
        ),
      );
    }
    const { endpoint } = serving;
    // Any other authorizer says itself who may; the job brings a token then (TRIMTAB_TOKEN).
    const signed = (['read', 'predict'] as const).filter((role) => endpoint.usesIam(role));
    if (signed.length > 0) endpoint.grantInvoke(this.smoke, ...signed);
    // What is typical of a feature is in its baseline.
    allowActions(this.smoke, ['s3:GetObject'], [artifacts.arnForObjects('baselines/*')]);
    allowKey(this.smoke, artifacts.encryptionKey, 's3', 'read');
    registry.grantRead(this.models);
    registry.grantAppend(this.models);
    // When a write finds an object in its place, it is read to see whether it is the same.
    allowActions(
      this.models,
      ['s3:PutObject', 's3:GetObject'],
      ['models/*', 'baselines/*', 'rehearsals/*', 'cards/*', 'side-by-side/*'].map((keys) =>
        artifacts.arnForObjects(keys),
      ),
    );
    allowEvents(this.models, this, stateful.eventBus);
    const { copiedBy } = pipeline;
    if (copiedBy === undefined) return;
    this.copy = new GitHubRole(this, 'Copy', {
      pipeline,
      job: copiedBy.map((each) => `environment:${each}` as const),
      roleName: roleName(environment, 'copy'),
      description: `Trimtab: jobs of ${copiedBy.join(', ')} copy versions of models from environment ${environment}`,
    });
    registry.grantRead(this.copy);
    allowActions(
      this.copy,
      ['s3:GetObject'],
      ['cards/*', 'side-by-side/*'].map((keys) => artifacts.arnForObjects(keys)),
    );
    allowActions(
      this.copy,
      ['cloudformation:DescribeStacks'],
      [this.formatArn({ service: 'cloudformation', resource: 'stack', resourceName: `${stateful.stackName}/*` })],
    );
  }
}
