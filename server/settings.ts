import { totalmem } from 'node:os';
import * as z from 'zod';

/** A setting of the server, given by a flag of the command or by a variable of the environment. */
interface Setting<T extends z.ZodType = z.ZodType> {
  readonly schema: T;
  readonly help: string;
  /** Name of the flag where it differs: sizes are given in megabytes and kept in bytes. */
  readonly flag?: string;
}

const setting = <T extends z.ZodType>(help: string, schema: T, flag?: string): Setting<T> => ({ help, schema, flag });
const whole = (from: number, to: number) => z.coerce.number().int().min(from).max(to);
const seconds = (most = 86_400) => z.coerce.number().min(0).max(most);
const MEGABYTE = 1024 * 1024;
const megabytes = (most: number) =>
  z.coerce
    .number()
    .gt(0)
    .max(most)
    .transform((size) => Math.ceil(size * MEGABYTE));

/** All settings by name. `drainDelay` has the flag `--drain-delay` and the variable `TRIMTAB_SERVE_DRAIN_DELAY`. */
export const SETTINGS = {
  port: setting('port; 0 takes any', whole(0, 65_535).default(8_080)),
  host: setting('address to listen at', z.string().min(1).default('127.0.0.1')),
  grpcPort: setting('port of gRPC; none by default', whole(0, 65_535).optional()),
  model: setting(
    'model folder to serve, where no home is named; several comma-separated',
    z
      .string()
      .min(1)
      .transform((text) => text.split(','))
      .optional(),
  ),
  processes: setting('processes that answer, all on the one port', whole(1, 256).default(1)),
  workers: setting('processes that run what takes long, for each that answers', whole(1, 256).default(1)),
  models: setting(
    'names of the models to serve, comma-separated; all by default',
    z
      .string()
      .default('all')
      .transform((text) => (text === 'all' ? ('all' as const) : text.split(',').map((name) => name.trim()))),
  ),
  defaultModel: setting('model of requests that name none', z.string().min(1).optional()),
  cache: setting('folder for model files', z.string().min(1).optional()),
  refresh: setting('seconds between two looks at the releases', seconds(3_600).default(2)),
  inline: setting(
    'milliseconds: runs expected to be no longer are made in the process that answers; 0 sends all to workers',
    z.coerce.number().min(0).max(1_000).default(2),
  ),
  runTimeout: setting('seconds after which a run is ended (504)', z.coerce.number().gt(0).max(3_600).default(30)),
  queueTimeout: setting(
    'seconds that a run may wait for a worker (503)',
    z.coerce.number().gt(0).max(3_600).default(10),
  ),
  queueRequests: setting('runs that may wait or run at once (503)', whole(1, 1_000_000).default(1_000)),
  queueBytes: setting(
    'what they may hold, MB (503); by default also no more than a sixteenth of the memory',
    megabytes(1_048_576).default(256 * MEGABYTE),
    'queue-megabytes',
  ),
  maxRequests: setting('requests under way at once in a process (503)', whole(1, 1_000_000).default(2_000)),
  requestBytes: setting(
    'what their bodies may hold, MB (503); by default also no more than an eighth of the memory',
    megabytes(1_048_576).default(512 * MEGABYTE),
    'request-megabytes',
  ),
  callerHeader: setting(
    'header in which a trusted proxy in front says who the caller is, for rate limits; the address by default',
    z
      .string()
      .regex(/^[A-Za-z0-9-]{1,64}$/, 'a header is named by letters, digits and -')
      .transform((name) => name.toLowerCase())
      .optional(),
  ),
  truthBytes: setting(
    'ground truth that a caller may send in a minute, MB (429)',
    megabytes(1_024).default(8 * MEGABYTE),
    'truth-megabytes',
  ),
  captureBytes: setting(
    'captured predictions that the requests of a caller may bring forth in a minute, MB; more are answered, and not captured',
    megabytes(1_048_576).default(256 * MEGABYTE),
    'capture-megabytes',
  ),
  maxConnections: setting('connections at once to a process', whole(1, 1_000_000).default(10_000)),
  bodyBytes: setting('largest body, MB (413)', megabytes(1_024).default(6 * MEGABYTE), 'body-megabytes'),
  headTimeout: setting(
    'seconds that the head of a request may take (408)',
    z.coerce.number().gt(0).max(600).default(10),
  ),
  bodyTimeout: setting(
    'seconds that a whole request may take to come (408)',
    z.coerce.number().gt(0).max(3_600).default(60),
  ),
  keepAlive: setting(
    'seconds that a connection is kept without a request',
    z.coerce.number().gt(0).max(3_600).default(75),
  ),
  stallTimeout: setting(
    'seconds without a sign of life after which a process is replaced; 30, or the time of a run where that is longer',
    z.coerce.number().gt(0).max(3_600).optional(),
  ),
  drainDelay: setting('seconds from SIGTERM until no more connections are taken', seconds(600).default(3)),
  drainTimeout: setting('seconds after that for what is under way', seconds(3_600).default(25)),
} as const;

export type SettingName = keyof typeof SETTINGS;
export type Settings = { readonly [Name in SettingName]: z.output<(typeof SETTINGS)[Name]['schema']> };

const PREFIX = 'TRIMTAB_SERVE_';
export const flagOf = (name: SettingName): string =>
  (SETTINGS[name] as Setting).flag ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
export const variableOf = (name: SettingName): string => PREFIX + flagOf(name).replaceAll('-', '_').toUpperCase();
/** Name of a flag's value in the parsed command line: `drainDelay` for `--drain-delay`. */
const optionOf = (name: SettingName): string => flagOf(name).replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());

/** Variables by which the supervisor passes values to its child processes; they are not settings. */
export const CHILD_ENVIRONMENT = ['TRIMTAB_SERVE_HOME_OF_MODELS'];

/**
 * Default limits for bodies, as shares of the memory for all processes together. They are small because a body takes
 * several times its size while it is read and answered.
 */
const SHARES = { requestBytes: 1 / 8, queueBytes: 1 / 16 } as const;

/** Available memory: the container's limit, else the machine's memory; bytes. */
const memoryHere = (): number => Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem());

/** A setting is invalid; the message names its flag or variable. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/**
 * Reads all settings. A flag takes precedence over a variable.
 *
 * @param memory available to all processes together; bytes
 * @throws SettingError for an invalid value, and for a variable with the prefix of settings that is none of them
 */
export function readSettings(
  flags: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
  memory = memoryHere(),
): Settings {
  const names = Object.keys(SETTINGS) as SettingName[];
  const known = new Set([...names.map(variableOf), ...CHILD_ENVIRONMENT]);
  const unknown = Object.keys(env).find((name) => name.startsWith(PREFIX) && !known.has(name));
  if (unknown !== undefined)
    throw new SettingError(`${unknown} is no setting, there are ${names.map(variableOf).join(', ')}`);
  const settings: Record<string, unknown> = {};
  for (const name of names) {
    const variable = variableOf(name);
    const flag = flags[optionOf(name)];
    const fromFlag = flag !== undefined;
    const value = fromFlag ? flag : env[variable];
    // An empty string would be coerced to 0.
    const result = SETTINGS[name].schema.safeParse(value === '' ? Number.NaN : value);
    if (!result.success)
      throw new SettingError(
        `${fromFlag ? `--${flagOf(name)}` : variable} is '${value}': ${result.error.issues[0]!.message}`,
      );
    settings[name] = result.data;
  }
  return withinMemory(
    settings as Settings,
    memory,
    (name) => (flags[optionOf(name)] ?? env[variableOf(name)]) !== undefined,
  );
}

/** Lowers default limits to their share of the memory, but never below the size of one body. */
function withinMemory(settings: Settings, memory: number, given: (name: SettingName) => boolean): Settings {
  const bounded = (name: keyof typeof SHARES): number => {
    const most = Math.max(settings.bodyBytes, Math.floor((memory * SHARES[name]) / settings.processes));
    return given(name) ? settings[name] : Math.min(settings[name], most);
  };
  return { ...settings, requestBytes: bounded('requestBytes'), queueBytes: bounded('queueBytes') };
}
