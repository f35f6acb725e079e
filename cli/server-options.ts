import type { Command as Program } from 'commander';
import { flagOf, SETTINGS, type Setting, type SettingName, variableOf } from '../server/settings.ts';

export interface ServerOptions {
  /** Settings that the command has no use for. @default none */
  readonly without?: ReadonlySet<SettingName>;
  /** Values where nothing is given, other than those of the settings. @default none */
  readonly defaults?: Partial<Readonly<Record<SettingName, string>>>;
}

/** Adds the settings of the server to a command, each by its flag. What is given is for `readSettings` to judge. */
export function addServerOptions(command: Program, { without, defaults = {} }: ServerOptions = {}): Program {
  for (const name of Object.keys(SETTINGS) as SettingName[])
    if (!without?.has(name))
      command.option(
        `--${flagOf(name)} ${(SETTINGS[name] as Setting).bare ? '[value]' : '<value>'}`,
        `${SETTINGS[name].help}${defaultOf(name, defaults[name])} [${variableOf(name)}]`,
        name === 'model' ? several : (value: string) => value,
      );
  return command;
}

const several = (value: string, before: string | undefined): string =>
  before === undefined ? value : `${before},${value}`;

function defaultOf(name: SettingName, own?: string): string {
  const value: unknown = SETTINGS[name].schema.safeParse(own).data;
  if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) return '';
  return ` (default: ${flagOf(name).endsWith('megabytes') ? Number(value) / 1024 / 1024 : value})`;
}
