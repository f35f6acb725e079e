import { existsSync, readFileSync } from 'node:fs';
import { definitionOf, describeIssues } from '../core/errors/describe-issues.ts';
import { formatValue } from '../core/errors/format-value.ts';
import { EnvironmentName, isPreviewName } from '../core/model/names.ts';
import { ConfigFile, type DeploymentConfig, EnvironmentSettings } from './config.ts';

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

/** Name by which the settings of previews are checked. */
const ANY_PREVIEW = 'preview-0';

type Raw = Readonly<Record<string, unknown>>;

/**
 * Reads the environments of `trimtab.config.json`, in its order. Without a file there is one with defaults, `dev`.
 *
 * @param file - path of the file
 * @param only - name of the environment to return, which may be that of a preview; all by default, but no previews
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
  const raw = existsSync(file) ? parseFile(file) : {};
  const environments = parseEnvironments(raw, file);
  if (only === undefined) return environments;
  const found = environments.filter(({ environment }) => environment === only);
  if (found.length > 0) return found;
  if (isPreviewName(only)) {
    const preview = parsePreview(raw, only, file);
    if (preview !== undefined) return [preview];
  }
  const how = isPreviewName(only) ? '; a preview needs `previews`' : '';
  throw new ConfigError(
    file,
    `no environment ${only}, there are: ${environments.map((e) => e.environment).join(', ')}${how}`,
  );
}

/** Parses the content of the file. @param file its name, for messages @throws ConfigError */
export function parseEnvironments(raw: unknown, file = 'trimtab.config.json'): DeploymentConfig[] {
  const { common, environments } = partsOf(raw, file);
  const configs = Object.entries(environments ?? {}).map(([name, own]) => {
    const at = ['environments', name];
    const named = EnvironmentName.safeParse(name);
    if (!named.success)
      throw new ConfigError(file, describeIssues(named.error, { raw: name, schema: EnvironmentName, at }));
    return parseOverlaid(common, own, { name, at, file });
  });
  if (environments === undefined) configs.push(parse(common, [], file));
  assertApart(configs, file);
  const preview = parsePreview(raw, ANY_PREVIEW, file);
  if (preview !== undefined) {
    const taken = configs.find(({ environment }) => isPreviewName(environment));
    if (taken !== undefined)
      throw new ConfigError(file, `environments.${taken.environment}: names that begin so are those of previews`);
    assertApart([...configs, preview], file);
  }
  return configs;
}

/** What previews are deployed by, as one of them, if the file has settings of previews. @throws ConfigError */
export function readPreviews(file = 'trimtab.config.json'): DeploymentConfig[] {
  const preview = parsePreview(existsSync(file) ? parseFile(file) : {}, ANY_PREVIEW, file);
  return preview === undefined ? [] : [preview];
}

/** The environment of a preview, if the file has settings of previews. @throws ConfigError */
function parsePreview(raw: unknown, name: string, file: string): DeploymentConfig | undefined {
  const { common, previews } = partsOf(raw, file);
  if (previews === undefined) return undefined;
  const { environment: _, ...rest } = common;
  const at = ['previews'];
  const named = EnvironmentName.safeParse(name);
  if (!named.success)
    throw new ConfigError(file, describeIssues(named.error, { raw: name, schema: EnvironmentName, at }));
  const config = parseOverlaid(rest, previews, { name, at, file });
  const { domain } = config;
  if (domain === undefined) return { ...config, preview: true };
  if (domain.existing === undefined)
    throw new ConfigError(
      file,
      `previews.domain: every preview would make ${domain.name}, and an account and region has a name once; take one that is \`existing\`, where each preview has its name as basePath, or say null`,
    );
  // Several at once: none can have the path that is said for all.
  return { ...config, domain: { ...domain, basePath: name }, preview: true };
}

/** What is common to all environments, and what is some's own. @throws ConfigError */
function partsOf(raw: unknown, file: string): { common: Raw; environments?: Raw; previews?: Raw } {
  if (!isObject(raw)) throw new ConfigError(file, `expected an object, received ${formatValue(raw)}`);
  const { $schema: _, environments, previews, ...common } = raw;
  parse(common, [], file);
  if (environments !== undefined) {
    if (!isObject(environments) || Object.keys(environments).length === 0)
      throw new ConfigError(
        file,
        `environments: expected an object of at least one, received ${isObject(environments) ? 'none' : formatValue(environments)}`,
      );
    if ('environment' in raw)
      throw new ConfigError(
        file,
        'environment: names the only environment, and does not go together with environments',
      );
  }
  if (previews !== undefined && !isObject(previews))
    throw new ConfigError(file, `previews: expected an object, received ${formatValue(previews)}`);
  return { common, ...(environments && { environments }), ...(previews && { previews }) };
}

interface Named {
  readonly name: string;
  readonly at: readonly string[];
  readonly file: string;
}

/** Settings of an environment over the common ones. @throws ConfigError */
function parseOverlaid(common: Raw, own: unknown, { name, at, file }: Named): DeploymentConfig {
  if (!isObject(own)) throw new ConfigError(file, `${at.join('.')}: expected an object, received ${formatValue(own)}`);
  if ('environment' in own) throw new ConfigError(file, `${at.join('.')}.environment: it has its name already`);
  return parse({ ...overlaidSettings(common, own), environment: name }, at, file);
}

/**
 * Checks that either each of several environments says where it is, or none does: then all are where the CDK's command
 * line points, side by side. Of two that differ in this, the one that says nothing would go wherever whoever deploys the
 * other has turned to. And the name of none is the prefix of another's, for stacks are deployed by the pattern
 * `Trimtab-<environment>-*`. Several may share an account and region: metrics, alarms, events and dashboards go by the
 * environment's name.
 */
function assertApart(configs: readonly DeploymentConfig[], file: string): void {
  if (configs.length < 2) return;
  const placed = configs.some(({ account, region }) => account !== undefined || region !== undefined);
  for (const [i, config] of configs.entries()) {
    const { environment, account, region, preview } = config;
    const at = preview ? 'previews' : `environments.${environment}`;
    if (placed && (account === undefined || region === undefined))
      throw new ConfigError(
        file,
        `${at}: has no ${account === undefined ? 'account' : 'region'}; of several environments each names both, or none names either`,
      );
    const within = configs.find((each) => environment.startsWith(`${each.environment}-`));
    if (within !== undefined)
      throw new ConfigError(
        file,
        `${at}: begins as ${within.environment} does; whoever deploys Trimtab-${within.environment}-* would deploy both, so call it otherwise`,
      );
    for (const other of configs.slice(0, i)) {
      const problem = domainProblem(other, config);
      if (problem !== undefined) throw new ConfigError(file, `${at}.domain: ${problem}`);
    }
  }
}

/** Why two environments cannot have the domains that they have; undefined when they can. */
function domainProblem(one: DeploymentConfig, other: DeploymentConfig): string | undefined {
  const [a, b] = [one.domain, other.domain];
  const apart = one.account !== other.account || one.region !== other.region;
  if (apart || a === undefined || b === undefined || a.name !== b.name) return undefined;
  if (a.existing === undefined && b.existing === undefined)
    return `${a.name} is made by ${one.environment} already, and an account and region has a name once; give one of them another, or both the one that is \`existing\`, each under its own basePath`;
  return a.basePath === b.basePath
    ? `${a.name} leads to ${one.environment} already ${a.basePath === undefined ? 'at the root' : `under '${a.basePath}'`}; give one of them another basePath`
    : undefined;
}

/** Common settings with those of an environment, of which null takes a common one back. */
function overlaidSettings(common: Raw, own: Raw): Raw {
  const unset = new Set(Object.keys(own).filter((name) => own[name] === null && name in EnvironmentSettings.shape));
  const kept = (settings: Raw): Raw =>
    Object.fromEntries(Object.entries(settings).filter(([name]) => !unset.has(name)));
  return overlaid(kept(common), kept(own), EnvironmentSettings);
}

/** Common settings with those of an environment: objects are merged, unless they are alternatives; the rest is replaced. */
function overlaid(common: Raw, own: Raw, schema: unknown): Raw {
  const result: Record<string, unknown> = { ...common };
  for (const [name, value] of Object.entries(own)) {
    const under = result[name];
    const member = definitionOf(definitionOf(schema).shape?.[name]);
    // Of two alternatives, members of both would be neither.
    const merged = member.type !== 'union' && isObject(under) && isObject(value);
    result[name] = merged ? overlaid(under, value, { def: member }) : value;
  }
  return result;
}

function parse(raw: Raw, at: readonly string[], file: string): DeploymentConfig {
  const parsed = EnvironmentSettings.safeParse(raw);
  if (!parsed.success) {
    // In the file itself, several environments may stand as well.
    const schema = at.length === 0 ? ConfigFile : EnvironmentSettings;
    throw new ConfigError(file, describeIssues(parsed.error, { raw, schema, at }), { cause: parsed.error });
  }
  const { alarmTopics, alarmEmail } = parsed.data;
  if (alarmTopics !== undefined && alarmEmail !== undefined) {
    const within = at.length === 0 ? '' : `${at.join('.')}: `;
    const how = at.length === 0 ? 'leave one of them out' : 'leave one of them out, or set it to null here';
    throw new ConfigError(
      file,
      `${within}alarmEmail goes to a topic that is made, and alarmTopics are there already; received both, ${formatValue(alarmEmail)} and ${alarmTopics.map(({ arn }) => arn).join(', ')}: ${how}`,
    );
  }
  return { ...parsed.data, preview: false };
}

function parseFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new ConfigError(file, `is not JSON: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

const isObject = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value);
