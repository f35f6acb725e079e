import * as z from 'zod';
import { EnvironmentName } from '../core/model/names.ts';
import { isOfChina, NOT_IN_CHINA } from '../core/model/region.ts';
import { PipelineConfig } from './pipeline/config.ts';
import { EndpointConfig, ValidationConfig } from './scaling/config.ts';
import { LIMITS } from './scaling/limits.ts';
import {
  AlarmTopic,
  Authorization,
  Authorizers,
  CorsConfig,
  DomainConfig,
  EncryptionKeyArn,
  EventBusName,
  NetworkConfig,
  WebAclArn,
} from './surroundings/config.ts';

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

const RoleArn = z.string().regex(/^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'an ARN of an IAM role');

/**
 * Configuration of one environment: what is deployed, and where. All members, including nested ones, have defaults or are
 * optional, so that the settings of an environment can be merged with common ones. Unknown members are errors.
 */
export const DeploymentConfig = z.strictObject({
  /** Name of the environment, which is part of the names of its stacks. */
  environment: EnvironmentName.default(DEFAULT_ENVIRONMENT),
  /**
   * Whether the environment is a preview, which is thrown away as a whole: all that it stores goes with its stacks.
   * `previews` in the file makes them; nothing else in it does.
   */
  preview: z.boolean().default(false),
  /** Account and region; those of the CDK command line by default. */
  account: z
    .string()
    .regex(/^\d{12}$/, 'an account is 12 digits')
    .optional(),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region looks like eu-central-1')
    .refine((region) => !isOfChina(region), NOT_IN_CHINA)
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
      reservedConcurrency: z.int().min(LIMITS.keptExecutions.min).max(LIMITS.keptExecutions.max).optional(),
    })
    .prefault({}),
  /** Who authorizes requests to the endpoint: IAM, nobody, a JWT's issuer, or a function of yours. */
  authorization: Authorization.default('iam'),
  /** Authorization of single roles, in the place of `authorization`. */
  authorizers: Authorizers.default({}),
  /** What pages of other origins may ask of the endpoint; nothing by default. */
  cors: CorsConfig.optional(),
  /** A domain of your own for the endpoint. */
  domain: DomainConfig.optional(),
  /** ARN of a web ACL of WAFv2, with which CloudFront is put in front of the endpoint; no firewall by default. */
  webAclArn: WebAclArn.optional(),
  /** The VPC that the functions run in, which has to let them reach AWS's services; none by default. */
  network: NetworkConfig.optional(),
  /** Whether Lambda sends traces of the functions to X-Ray. */
  tracing: z.boolean().default(false),
  /**
   * ARN of a key of yours that encrypts all stored data, of the same region; one is made by default. It is chosen with the
   * first deployment: what is stored under another key would be out of reach.
   */
  encryptionKeyArn: EncryptionKeyArn.optional(),
  /** Name of the event bus that Trimtab's own events go to; the account's default one by default. */
  eventBus: EventBusName.optional(),
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
  /** Whether captured predictions and truths are tables of the Glue catalogue, for Athena, and who may query them. */
  tables: z
    .union([
      z.boolean(),
      z.strictObject({
        /** ARNs of IAM roles of the same account that may read what the tables are of. */
        readers: z.array(RoleArn).min(1),
      }),
    ])
    .default(false),
  /** Address that gets a mail for every alarm. */
  alarmEmail: z.email().optional(),
  /** Topics that are there already and are told of alarms, in the place of one that is made. */
  alarmTopics: z.array(AlarmTopic).min(1).optional(),
  /** Whether whoever is on call is told that an alarm is over, of all alarms. */
  alarmOkActions: z.boolean().default(false),
  /** Address of the folder of the runbook's pages, for links of alarms and dashboards; paths of the repository by default. */
  runbookUrl: z.url().optional(),
  /** Tags of every resource, such as owner and cost-center; those of an environment are added to the common ones. */
  tags: Tags.default({}),
  /** The repository on GitHub that deploys to this environment; without it, no roles are created for a pipeline. */
  pipeline: PipelineConfig.optional(),
});
/** Configuration of one environment, with defaults filled in. */
export type DeploymentConfig = z.infer<typeof DeploymentConfig>;

const { environment, preview: _, ...settings } = DeploymentConfig.shape;

/** Settings of one environment as the file has them: what is a preview, the file does not say of one. */
export const EnvironmentSettings = z.strictObject({ environment, ...settings });

/** Settings over common ones, of which null takes one back. */
const overlay = z.strictObject(
  Object.fromEntries(Object.entries(settings).map(([name, schema]) => [name, schema.nullable()])),
);

/**
 * `trimtab.config.json`: the settings of one environment; or common settings, and `environments` by name, whose settings
 * are merged into the common ones, as those of `previews` are (infra/environments.ts).
 */
export const ConfigFile = z.strictObject({
  $schema: z.string().optional(),
  environment,
  ...settings,
  environments: z.record(EnvironmentName, overlay).optional(),
  /** Settings of previews: environments of a branch or a pull request, by names such as `preview-42`. */
  previews: overlay.optional(),
});
