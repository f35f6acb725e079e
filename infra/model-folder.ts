import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { AlarmDefinition } from '../core/alarms/alarm.ts';
import { alarmsOf } from '../core/alarms/definitions.ts';
import { Manifest } from '../core/manifest/manifest.ts';
import { Baseline } from '../core/profile/profile.ts';

/** What is made for a model at deployment: its name and its alarms. Everything else of it is in the registry. */
export interface DeployedModel {
  /** Name of the model, as in its manifest. */
  readonly name: string;
  /** Its alarms, as data. */
  readonly alarms: readonly AlarmDefinition[];
  /** Whether it tells three classes or more apart. @default false */
  readonly severalClasses?: boolean;
  /** What its predictions turn out to be worth. @default nothing that is known */
  readonly business?: readonly { readonly name: string; readonly unit?: string | undefined }[] | undefined;
}

/** Reads a model folder's manifest and baseline. @throws Error when there is no manifest or it is malformed */
export function deployedModel(folder: string): DeployedModel {
  const manifest = Manifest.parse(JSON.parse(readFileSync(path.join(folder, 'model.json'), 'utf8')));
  const file = path.join(folder, 'baseline.json');
  const baseline = existsSync(file) ? Baseline.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
  const business = manifest.monitoring.business?.map(({ name, unit }) => ({ name, unit }));
  const severalClasses = manifest.outputs.some(({ classes = [] }) => classes.length > 2);
  return {
    name: manifest.name,
    alarms: alarmsOf(manifest, baseline?.performance?.errorRate),
    business,
    severalClasses,
  };
}
