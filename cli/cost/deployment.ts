import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Manifest } from '../../core/manifest/manifest.ts';
import { FUNCTIONS } from '../../functions/index.ts';
import { infer } from '../../functions/infer/trigger.ts';
import { validate } from '../../functions/validate/trigger.ts';
import type { DeploymentConfig } from '../../infra/config.ts';
import { MODEL_FILES } from '../../platform/model-folder.ts';
import type { CostedDeployment, CostedModel } from './cost-view.ts';
import { costedModel } from './model.ts';

/** What is deployed besides models: a test holds these numbers to the templates. */
export const FIXED_RESOURCES = { alarms: 26, spilloverAlarms: 1, dashboards: 1, keys: 1, secrets: 2 } as const;

/** What `trimtab.config.json` deploys, as far as it costs. @param models how many there are @default those it names */
export function costedDeployment(config: DeploymentConfig, models?: number): CostedDeployment {
  const { endpoint, validation } = config;
  const named = config.models.map((folder) => modelOf(folder, config.environment));
  const provisioned = endpoint.provisionedConcurrency?.min ?? 0;
  return {
    region: config.region ?? null,
    architecture: config.architecture,
    memoryMb: endpoint.memoryMb ?? infer.memoryMb,
    provisioned,
    validation: {
      memoryMb: validation.memoryMb ?? validate.memoryMb,
      temporaryMb: validate.temporaryMb ?? 512,
    },
    schedules: FUNCTIONS.flatMap(({ name, memoryMb, triggers }) =>
      triggers.flatMap((t) => (t.kind === 'schedule' ? [{ name, memoryMb, everySeconds: t.everySeconds }] : [])),
    ),
    alarms: FIXED_RESOURCES.alarms + (provisioned > 0 ? FIXED_RESOURCES.spilloverAlarms : 0),
    dashboards: FIXED_RESOURCES.dashboards,
    keys: FIXED_RESOURCES.keys,
    secrets: FIXED_RESOURCES.secrets,
    // More models than there are folders are taken to be like those.
    models: Array.from(
      { length: named.length === 0 ? 0 : (models ?? named.length) },
      (_, i) => named[i % named.length]!,
    ),
  };
}

function modelOf(folder: string, environment: string): CostedModel {
  const manifest = Manifest.parse(JSON.parse(readFileSync(path.join(folder, MODEL_FILES.manifest), 'utf8')));
  return costedModel(manifest, environment);
}
