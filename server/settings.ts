import * as z from 'zod';
import { isLoopback } from '../core/access/origins.ts';
import { memoryHere } from '../platform/memory.ts';
import { TrustedProxies } from './admission/trusted-proxies.ts';

/** A setting of the server, given by a flag of the command or by a variable of the environment. */
export interface Setting<T extends z.ZodType = z.ZodType> {
  readonly schema: T;
  readonly help: string;
  /** Name of the flag where it differs: sizes are given in megabytes and kept in bytes. */
  readonly flag?: string;
  /** Whether the flag may come without a value, which means true. */
  readonly bare?: boolean;
}

const setting = <T extends z.ZodType>(help: string, schema: T, flag?: string): Setting<T> => ({ help, schema, flag });
const whole = (from: number, to: number) => z.coerce.number().int().min(from).max(to);
const commaSeparated = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );
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
  loadTimeout: setting(
    'seconds after which the load of a model is ended',
    z.coerce.number().gt(0).max(3_600).default(60),
  ),
  workerBytes: setting(
    'what a worker may hold, MB; one that holds more is ended with its run; by default also no more than half of the memory',
    megabytes(1_048_576).default(10_240 * MEGABYTE),
    'worker-megabytes',
  ),
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
  callerShare: setting(
    'share of requests, their bytes and connections that one caller may hold, 0 to 1 (429)',
    z.coerce.number().gt(0).max(1).default(0.5),
  ),
  trustedProxies: setting(
    'addresses or networks (CIDR) of proxies in front, comma-separated, that say who the caller is; none by default',
    z
      .string()
      .transform((text, context) => {
        try {
          return new TrustedProxies(text.split(',').map((network) => network.trim()));
        } catch (error) {
          context.addIssue({ code: 'custom', message: (error as Error).message });
          return z.NEVER;
        }
      })
      .optional(),
  ),
  callerHeader: setting(
    'header in which a proxy in front says who the caller is, for shares and rate limits; x-forwarded-for with --trusted-proxies; without them every peer is believed',
    z
      .string()
      .regex(/^[A-Za-z0-9-]{1,64}$/, 'a header is named by letters, digits and -')
      .transform((name) => name.toLowerCase())
      .optional(),
  ),
  tokens: setting(
    'file of credentials (`trimtab token create` writes it), or the JSON itself; without it nobody is asked for a token',
    z.string().min(1).optional(),
  ),
  tlsCert: setting('file of the certificate, PEM; without it there is no TLS', z.string().min(1).optional()),
  tlsKey: setting('file of its key, PEM', z.string().min(1).optional()),
  tlsClientCa: setting(
    'file of authorities, PEM: clients with a certificate of theirs need no token',
    z.string().min(1).optional(),
  ),
  allowedHosts: setting(
    'names by which the server may be called, comma-separated, beside those of loopback',
    commaSeparated,
  ),
  allowedOrigins: setting(
    'origins whose pages may send requests, such as https://app.example.com, comma-separated',
    commaSeparated,
  ),
  insecure: {
    ...setting(
      'serve on another address than loopback without authentication',
      z
        .preprocess(
          // A flag without a value is `true` itself.
          (value) => (typeof value === 'boolean' ? String(value) : value),
          z.enum(['true', 'false'], { error: 'expected true or false' }).default('false'),
        )
        .transform((value) => value === 'true'),
    ),
    bare: true,
  },
  maxConnections: setting(
    'connections at once to a process (503); by default also no more than memory allows, at 16 KB each of a sixteenth',
    whole(1, 1_000_000).default(10_000),
  ),
  grpcStreams: setting('calls at once on a connection of gRPC', whole(1, 100_000).default(100)),
  truthBytes: setting(
    'ground truth that a caller may send in a minute, MB (429); processes share it',
    megabytes(1_024).default(8 * MEGABYTE),
    'truth-megabytes',
  ),
  captureBytes: setting(
    'captured predictions that the requests of a caller may bring forth in a minute, MB; more are answered, and not captured; processes share it',
    megabytes(1_048_576).default(256 * MEGABYTE),
    'capture-megabytes',
  ),
  bodyBytes: setting('largest body, MB (413)', megabytes(1_024).default(6 * MEGABYTE), 'body-megabytes'),
  headTimeout: setting(
    'seconds that the head of a request may take (408)',
    z.coerce.number().gt(0).max(600).default(10),
  ),
  bodyTimeout: setting(
    'seconds that a whole request may take to come (408)',
    z.coerce.number().gt(0).max(3_600).default(60),
  ),
  bodyRate: setting(
    'bytes a second that a body must come at, once it has been measured for --body-grace (408); 0 for none',
    z.coerce.number().min(0).max(1_000_000_000).default(240),
  ),
  bodyGrace: setting(
    'seconds before a slow caller is cut off: below the rate, or where there is no room for others',
    z.coerce.number().gt(0).max(600).default(5),
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
 * Default limits, as shares of the memory for all processes together. Those for bodies are small because a body takes
 * several times its size while it is read and answered.
 */
const SHARES = { requestBytes: 1 / 8, queueBytes: 1 / 16, workerBytes: 1 / 2 } as const;

/** What an open connection holds, with a head that has begun to arrive; bytes. */
const CONNECTION_BYTES = 16 * 1024;
const LEAST_CONNECTIONS = 256;

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
        `${fromFlag ? `--${flagOf(name)}` : variable} is '${value}': ${issueText(result.error.issues[0]!, name)}`,
      );
    settings[name] = result.data;
  }
  assertProtected(settings as Settings);
  return withinMemory(
    settings as Settings,
    memory,
    (name) => (flags[optionOf(name)] ?? env[variableOf(name)]) !== undefined,
  );
}

/** A text that was coerced to a number is none to whoever wrote it. */
const issueText = (issue: z.core.$ZodIssue, name: SettingName): string =>
  issue.code === 'invalid_type' && issue.expected === 'number'
    ? `expected a number and no unit (${SETTINGS[name].help})`
    : issue.message;

/** @throws SettingError when settings of access contradict each other, or let in everybody who is not asked */
function assertProtected({ host, tokens, tlsCert, tlsKey, tlsClientCa, insecure }: Settings): void {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new SettingError(
      `--tls-cert and --tls-key go together, --tls-${tlsCert === undefined ? 'cert' : 'key'} is missing`,
    );
  if (tlsClientCa !== undefined && tlsCert === undefined)
    throw new SettingError(
      '--tls-client-ca asks for certificates, which there are with TLS only: --tls-cert and --tls-key are missing',
    );
  if (isLoopback(host) || tokens !== undefined || tlsClientCa !== undefined || insecure) return;
  throw new SettingError(
    `--host is '${host}', where others can reach it, and nobody is asked who they are: give --tokens FILE ` +
      '(`trimtab token create` makes one) or --tls-client-ca FILE, or say --insecure where something else keeps strangers away',
  );
}

/** Lowers default limits to their share of the memory, but never below the size of one body. */
function withinMemory(settings: Settings, memory: number, given: (name: SettingName) => boolean): Settings {
  const bounded = (name: keyof typeof SHARES): number => {
    const most = Math.max(settings.bodyBytes, Math.floor((memory * SHARES[name]) / settings.processes));
    return given(name) ? settings[name] : Math.min(settings[name], most);
  };
  const connections = Math.max(LEAST_CONNECTIONS, Math.floor(memory / 16 / settings.processes / CONNECTION_BYTES));
  return {
    ...settings,
    requestBytes: bounded('requestBytes'),
    queueBytes: bounded('queueBytes'),
    maxConnections: given('maxConnections') ? settings.maxConnections : Math.min(settings.maxConnections, connections),
    workerBytes: bounded('workerBytes'),
  };
}
