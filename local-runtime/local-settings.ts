import { readSettings, type SettingName, type Settings, variableOf } from '../server/settings.ts';

/** Settings of the server that a laptop wants otherwise: it looks at releases more often, and stops at once. */
export const LOCAL_DEFAULTS: Partial<Readonly<Record<SettingName, string>>> = { refresh: '1', drainDelay: '0' };

/**
 * Settings that `serve` alone has: here the models are those of the home, and one process answers, at a loopback address,
 * where its own functions ask it without credentials.
 */
export const OF_SERVE: ReadonlySet<SettingName> = new Set(
  'model processes stallTimeout host insecure tokens tlsCert tlsKey tlsClientCa'.split(' ') as SettingName[],
);

/**
 * Settings of the server of the local runtime: flags, then the environment, then what a laptop wants.
 *
 * @param env may hold variables for `serve` as well: those it has no use for are left out, and said
 * @throws SettingError as `readSettings` does
 */
export function localSettings(
  flags: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Settings {
  const foreign = new Set([...OF_SERVE].map(variableOf).filter((name) => env[name] !== undefined));
  if (foreign.size > 0) log(`${[...foreign].join(', ')}: for \`trimtab serve\` alone, and left out here`);
  const usual = Object.entries(LOCAL_DEFAULTS).map(([name, value]) => [variableOf(name as SettingName), value]);
  const own = Object.entries(env).filter(([name]) => !foreign.has(name));
  // Bounds are shared out among processes, and it is one.
  return readSettings({ ...flags, processes: 1 }, Object.fromEntries([...usual, ...own]));
}
