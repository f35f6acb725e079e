import type { Command as Program } from 'commander';
import { flagOf, SETTINGS, type Setting, type SettingName, variableOf } from '../server/settings.ts';

/**
 * Adds the settings of the server to a command, each by its flag. What is given is for `readSettings` to judge.
 *
 * @param without those that the command has no use for
 */
export function addServerOptions(command: Program, without: ReadonlySet<SettingName> = new Set()): Program {
  for (const name of Object.keys(SETTINGS) as SettingName[])
    if (!without.has(name))
      command.option(
        `--${flagOf(name)} ${(SETTINGS[name] as Setting).bare ? '[value]' : '<value>'}`,
        `${SETTINGS[name].help}${defaultOf(name)} [${variableOf(name)}]`,
        name === 'model' ? several : (value: string) => value,
      );
  return command;
}

const several = (value: string, before: string | undefined): string =>
  before === undefined ? value : `${before},${value}`;

function defaultOf(name: SettingName): string {
  const value: unknown = SETTINGS[name].schema.safeParse(undefined).data;
  if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) return '';
  return ` (default: ${flagOf(name).endsWith('megabytes') ? Number(value) / 1024 / 1024 : value})`;
}
