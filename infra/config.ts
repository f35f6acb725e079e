import * as z from 'zod';
import { EnvironmentName } from '../core/model/names.ts';
import { PipelineConfig } from './pipeline/config.ts';
import { EndpointConfig, ValidationConfig } from './scaling/config.ts';

/** Name of an environment that has none. */
export const DEFAULT_ENVIRONMENT = 'dev';

/** Names and values of tags as AWS takes them; `aws:` in front is its own. */
const Tags = z.record(
  z
    .string()
    .regex(
      /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u,
      'a tag’s name is 1 to 128 letters, digits, spaces and _.:/=+-@',
    ),
  z
    .string()
    .regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u, 'a tag’s value is at most 256 letters, digits, spaces and _.:/=+-@'),
);

/**
 * Configuration of one environment: what is deployed, and where. All members, including nested ones, have defaults or are
 * optional, so that the settings of an environment can be merged with common ones. Unknown members are errors.
 */
export const DeploymentConfig = z.strictObject({
  /** Name of the environment, which is part of the names of its stacks. */
  environment: EnvironmentName.default(DEFAULT_ENVIRONMENT),
  /** Account and region; those of the CDK command line by default. */
  account: z
    .string()
    .regex(/^\d{12}$/, 'an account is 12 digits')
    .optional(),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region looks like eu-central-1')
    .refine(
      (region) => !region.startsWith('cn-'),
      'a region is not of China: services have other names there, by which nothing here is let in to the key',
    )
    .optional(),
  /** Processor of all functions and layers. */
  architecture: z.enum(['x64', 'arm64']).default('x64'),
  /** Folders of the models for which alarms and dashboards are deployed. */
  models: z.array(z.string()).default(['models/flight-delay/v1']),
  /** How the endpoint scales: memory, concurrency, code deployment, rate. */
  endpoint: EndpointConfig.prefault({}),
  /** How the validation of data files scales. */
  validation: ValidationConfig.prefault({}),
  /** The judge of releases. */
  rollback: z
    .strictObject({
      /** Executions that are kept for each of its three functions; 0: none, as in new accounts. @default 2 */
      reservedConcurrency: z.int().min(0).max(1_000).optional(),
    })
    .prefault({}),
  /** Who may call the endpoint. */
  authorization: z.enum(['iam', 'none']).default('iam'),
  /**
   * Who may ask versions again about captured requests, encrypted features included where a manifest says so
   * (`privacy.replay`); without it, no role may read captures and the privacy secret both.
   */
  replay: z
    .strictObject({
      /** ARN of the IAM role or user that may take on the role of replays. */
      assumedBy: z
        .string()
        .regex(/^arn:[a-z-]+:iam::\d{12}:(role|user)\/[\w+=,.@/-]+$/, 'an ARN of an IAM role or user'),
    })
    .optional(),
  /** Address that gets a mail for every alarm. */
  alarmEmail: z.email().optional(),
  /** Address of the folder of the runbook's pages, for links of alarms and dashboards; paths of the repository by default. */
  runbookUrl: z.url().optional(),
  /** Tags of every resource, such as owner and cost-center; those of an environment are added to the common ones. */
  tags: Tags.default({}),
  /** The repository on GitHub that deploys to this environment; without it, no roles are created for a pipeline. */
  pipeline: PipelineConfig.optional(),
});
/** Configuration of one environment, with defaults filled in. */
export type DeploymentConfig = z.infer<typeof DeploymentConfig>;

const { environment, ...settings } = DeploymentConfig.shape;

/**
 * `trimtab.config.json`: the settings of one environment; or common settings, and `environments` by name, whose settings
 * are merged into the common ones (infra/environments.ts).
 */
export const ConfigFile = z.strictObject({
  $schema: z.string().optional(),
  environment,
  ...settings,
  environments: z.record(EnvironmentName, z.strictObject(settings)).optional(),
});
