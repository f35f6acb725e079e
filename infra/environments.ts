import { existsSync, readFileSync } from 'node:fs';
import { describeIssues } from '../core/errors/describe-issues.ts';
import { formatValue } from '../core/errors/format-value.ts';
import { EnvironmentName } from '../core/model/names.ts';
import { ConfigFile, DeploymentConfig } from './config.ts';

/**
 * The configuration is invalid. The message names the file, the member, what was received, and what is allowed.
 *
 * @example
 * ```ts
 * import { ConfigError, readEnvironments } from 'trimtab';
 *
 * try {
 *   readEnvironments('trimtab.config.json');
 * } catch (error) {
 *   if (!(error instanceof ConfigError)) throw error;
 *   console.error(error.message);
 * }
 * ```
 */
export class ConfigError extends Error {
  constructor(
    /** Name of the file. */
    readonly file: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: ${detail}`, options);
    this.name = 'ConfigError';
  }
}

type Raw = Readonly<Record<string, unknown>>;

/**
 * Reads the environments of `trimtab.config.json`, in its order. Without a file there is one with defaults, `dev`.
 *
 * @param file - path of the file
 * @param only - name of the environment to return; all by default
 * @throws ConfigError when the file is invalid, or has no environment of that name
 *
 * @example
 * ```ts
 * import { addTrimtab, readEnvironments } from 'trimtab';
 *
 * for (const config of readEnvironments()) addTrimtab(app, config);
 * ```
 */
export function readEnvironments(file = 'trimtab.config.json', only?: string): DeploymentConfig[] {
  const environments = parseEnvironments(existsSync(file) ? parseFile(file) : {}, file);
  if (only === undefined) return environments;
  const found = environments.filter(({ environment }) => environment === only);
  if (found.length > 0) return found;
  throw new ConfigError(
    file,
    `no environment ${only}, there are: ${environments.map((e) => e.environment).join(', ')}`,
  );
}

/** Parses the content of the file. @param file its name, for messages @throws ConfigError */
export function parseEnvironments(raw: unknown, file = 'trimtab.config.json'): DeploymentConfig[] {
  if (!isObject(raw)) throw new ConfigError(file, `expected an object, received ${formatValue(raw)}`);
  const { $schema: _, environments, ...common } = raw;
  const alone = parse(common, [], file);
  if (environments === undefined) return [alone];
  if (!isObject(environments) || Object.keys(environments).length === 0)
    throw new ConfigError(
      file,
      `environments: expected an object of at least one, received ${isObject(environments) ? 'none' : formatValue(environments)}`,
    );
  if ('environment' in raw)
    throw new ConfigError(file, 'environment: names the only environment, and does not go together with environments');
  const configs = Object.entries(environments).map(([name, own]) => {
    const at = ['environments', name];
    const named = EnvironmentName.safeParse(name);
    if (!named.success)
      throw new ConfigError(file, describeIssues(named.error, { raw: name, schema: EnvironmentName, at }));
    if (!isObject(own))
      throw new ConfigError(file, `${at.join('.')}: expected an object, received ${formatValue(own)}`);
    if ('environment' in own) throw new ConfigError(file, `${at.join('.')}.environment: it has its name already`);
    return parse({ ...overlaid(common, own), environment: name }, at, file);
  });
  assertApart(configs, file);
  return configs;
}

/**
 * Checks that each environment says where it is, and that the name of none is the prefix of another's: stacks are
 * deployed by the pattern `Trimtab-<environment>-*`. Several may share an account and region, for metrics, alarms, events
 * and dashboards go by the environment's name.
 */
function assertApart(configs: readonly DeploymentConfig[], file: string): void {
  if (configs.length < 2) return;
  for (const { environment, account, region } of configs) {
    if (account === undefined || region === undefined)
      throw new ConfigError(
        file,
        `environments.${environment}: has no ${account === undefined ? 'account' : 'region'}; where there are several environments each names both`,
      );
    const within = configs.find((each) => environment.startsWith(`${each.environment}-`));
    if (within !== undefined)
      throw new ConfigError(
        file,
        `environments.${environment}: begins as ${within.environment} does; whoever deploys Trimtab-${within.environment}-* would deploy both, so call it otherwise`,
      );
  }
}

/** Common settings with those of an environment: objects are merged, other values replaced. */
function overlaid(common: Raw, own: Raw): Raw {
  const result: Record<string, unknown> = { ...common };
  for (const [name, value] of Object.entries(own)) {
    const under = result[name];
    result[name] = isObject(under) && isObject(value) ? overlaid(under, value) : value;
  }
  return result;
}

function parse(raw: Raw, at: readonly string[], file: string): DeploymentConfig {
  const parsed = DeploymentConfig.safeParse(raw);
  if (!parsed.success) {
    // In the file itself, several environments may stand as well.
    const schema = at.length === 0 ? ConfigFile : DeploymentConfig;
    throw new ConfigError(file, describeIssues(parsed.error, { raw, schema, at }), { cause: parsed.error });
  }
  return parsed.data;
}

function parseFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new ConfigError(file, `is not JSON: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

const isObject = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value);
