import { existsSync, readFileSync } from 'node:fs';
import * as z from 'zod';

/** `trimtab.config.json`: what is deployed, and where. Every member has a default; unknown ones are errors. */
export const DeploymentConfig = z.strictObject({
  /** Name of the environment; part of every stack's name. */
  environment: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,15}$/, 'an environment is 1 to 16 of a-z, 0-9 and -, and starts with a letter')
    .default('dev'),
  /** Account and region; those of the CDK command line by default. */
  account: z
    .string()
    .regex(/^\d{12}$/)
    .optional(),
  region: z.string().optional(),
  /** Processor of all functions and layers. */
  architecture: z.enum(['x64', 'arm64']).default('x64'),
  /** Folders of the models whose alarms and dashboards are made. */
  models: z.array(z.string()).default(['models/flight-delay/v1']),
  /** Most executions of the inference function at once; unreserved by default. */
  reservedConcurrency: z.int().min(1).optional(),
  /** Who may call the endpoint. */
  authorization: z.enum(['iam', 'none']).default('iam'),
  /** Gets a mail for every alarm that asks for a person. */
  alarmEmail: z.email().optional(),
  /** Tags of every resource. */
  tags: z.record(z.string(), z.string()).default({}),
});
export type DeploymentConfig = z.infer<typeof DeploymentConfig>;

/** @throws Error naming the file and what is wrong in it */
export function readConfig(file = 'trimtab.config.json'): DeploymentConfig {
  const parsed = DeploymentConfig.safeParse(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {});
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
