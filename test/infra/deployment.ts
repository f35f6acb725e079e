import type * as z from 'zod';
import { addTrimtab } from '../../infra/add-trimtab.ts';
import { DeploymentConfig } from '../../infra/config.ts';
import { type Resource, synthesized } from './synthesized.ts';

/** A resource of the app, by its logical id. */
export interface Deployed extends Resource {
  readonly id: string;
}

/** All resources of an environment under a configuration. What is not said has its default. */
export function deployment(config: z.input<typeof DeploymentConfig> = {}): Deployed[] {
  const { resources } = synthesized((app) => addTrimtab(app, DeploymentConfig.parse(config)));
  return resources.map(([id, resource]) => ({ id: id.split('/').at(-1)!, ...resource }));
}
