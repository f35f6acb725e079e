import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { AlarmDefinition } from '../core/alarms/alarm.ts';
import { alarmsOf } from '../core/alarms/definitions.ts';
import { Manifest } from '../core/manifest/manifest.ts';
import { emittedMetrics } from '../core/observability/emitted-metrics.ts';
import { Baseline } from '../core/profile/profile.ts';

/**
 * What a deployment needs to know of a model, for its alarms and dashboard. All else is in the registry, the name of the
 * environment too.
 */
export interface DeployedModel {
  /** Name of the model, as in its manifest. */
  readonly name: string;
  /** Definitions of its alarms in an environment. */
  readonly alarmsIn: (environment: string) => readonly AlarmDefinition[];
  /** Names of its metrics that only some models have, of guards, cache or explanations, say. @default none */
  readonly metrics?: readonly string[];
  /** Whether its encrypted features may be opened to ask another version (`privacy.replay`). @default false */
  readonly replaysEncrypted?: boolean;
  /** Its business metrics. @default none */
  readonly business?: readonly { readonly name: string; readonly unit?: string | undefined }[] | undefined;
}

/**
 * Reads the manifest and the baseline of a model folder.
 *
 * @param folder - path of the folder, with `model.json` and, if there is one, `baseline.json`
 * @throws Error when there is no manifest, or one of the files is invalid
 *
 * @example
 * ```ts
 * import { deployedModel } from 'trimtab';
 *
 * const { name, alarmsIn } = deployedModel('models/flight-delay');
 * console.log(name, alarmsIn('prod').map(({ metric, threshold }) => `${metric} ${threshold}`));
 * ```
 */
export function deployedModel(folder: string): DeployedModel {
  const manifest = Manifest.parse(JSON.parse(readFileSync(path.join(folder, 'model.json'), 'utf8')));
  const file = path.join(folder, 'baseline.json');
  const baseline = existsSync(file) ? Baseline.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
  const business = manifest.monitoring.business?.map(({ name, unit }) => ({ name, unit }));
  return {
    name: manifest.name,
    alarmsIn: (environment) => alarmsOf(manifest, environment, baseline?.performance?.errorRate),
    business,
    replaysEncrypted:
      manifest.privacy.replay && manifest.contract.features.some(({ personal }) => personal === 'encrypt'),
    metrics: emittedMetrics(manifest),
  };
}
