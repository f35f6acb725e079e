import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Manifest } from '../../core/manifest/manifest.ts';
import { FUNCTIONS } from '../../functions/index.ts';
import { infer } from '../../functions/infer/trigger.ts';
import { replay } from '../../functions/replay/trigger.ts';
import { validate } from '../../functions/validate/trigger.ts';
import type { DeploymentConfig } from '../../infra/config.ts';
import { MODEL_FILES } from '../../platform/model-folder.ts';
import type { CostedDeployment, CostedModel } from './cost-view.ts';
import { costedModel } from './model.ts';

/** What is deployed besides models: a test holds these numbers to the templates. */
export const FIXED_RESOURCES = {
  alarms: 26,
  spilloverAlarms: 1,
  dashboards: 1,
  keys: 1,
  secrets: 2,
  firewallSecrets: 1,
} as const;

/** What a function has when nothing is said; it is part of the price of its time. */
const DEFAULT_TEMPORARY_MB = 512;

/** What `trimtab.config.json` deploys, as far as it costs. @param models how many there are @default those it names */
export function costedDeployment(config: DeploymentConfig, models?: number): CostedDeployment {
  const { endpoint, validation } = config;
  const named = config.models.map((folder) => modelOf(folder, config.environment));
  const memoryMb = endpoint.memoryMb ?? infer.memoryMb;
  const temporaryMb = endpoint.temporaryMb ?? infer.temporaryMb;
  // What asks versions again opens what the endpoint opens.
  const atLeast = (name: string, own: number, endpoints: number) =>
    name === replay.name ? Math.max(own, endpoints) : own;
  const provisioned = endpoint.provisionedConcurrency?.min ?? 0;
  return {
    region: config.region ?? null,
    architecture: config.architecture,
    memoryMb,
    temporaryMb,
    provisioned,
    validation: {
      memoryMb: validation.memoryMb ?? validate.memoryMb,
      temporaryMb: validation.temporaryMb ?? validate.temporaryMb ?? DEFAULT_TEMPORARY_MB,
    },
    schedules: FUNCTIONS.flatMap((spec) =>
      spec.triggers.flatMap((trigger) =>
        trigger.kind === 'schedule'
          ? [
              {
                name: spec.name,
                memoryMb: atLeast(spec.name, spec.memoryMb, memoryMb),
                temporaryMb: atLeast(spec.name, spec.temporaryMb ?? DEFAULT_TEMPORARY_MB, temporaryMb),
                everySeconds: trigger.everySeconds,
              },
            ]
          : [],
      ),
    ),
    alarms: FIXED_RESOURCES.alarms + (provisioned > 0 ? FIXED_RESOURCES.spilloverAlarms : 0),
    dashboards: FIXED_RESOURCES.dashboards,
    keys: config.encryptionKeyArn === undefined ? FIXED_RESOURCES.keys : 0,
    secrets: FIXED_RESOURCES.secrets + (config.webAclArn === undefined ? 0 : FIXED_RESOURCES.firewallSecrets),
    uncounted: uncounted(config),
    // More models than there are folders are taken to be like those.
    models: Array.from(
      { length: named.length === 0 ? 0 : (models ?? named.length) },
      (_, i) => named[i % named.length]!,
    ),
  };
}

/** What the configuration has beside, which goes by volumes that nobody has named, or is billed elsewhere. */
function uncounted({ webAclArn, tracing, network, tables, encryptionKeyArn }: DeploymentConfig): string[] {
  return [
    ...(webAclArn === undefined ? [] : ['CloudFront (requests, data) and the web ACL with its rules']),
    ...(tracing ? ['traces of X-Ray'] : []),
    ...(network === undefined ? [] : ['endpoints or NAT gateways of the VPC']),
    ...(tables === false ? [] : ['bytes that queries of Athena read']),
    ...(encryptionKeyArn === undefined ? [] : ['your own key and its requests']),
  ];
}

function modelOf(folder: string, environment: string): CostedModel {
  const manifest = Manifest.parse(JSON.parse(readFileSync(path.join(folder, MODEL_FILES.manifest), 'utf8')));
  return costedModel(manifest, environment);
}
