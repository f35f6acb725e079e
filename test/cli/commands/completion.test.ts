import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHELLS } from '../../../cli/completion/scripts.ts';
import { main } from '../../../cli/main.ts';
import { ServingFixture, TREE } from '../../fixtures/serving-fixture.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const folder = temporaryFolder('completion');
const home = path.join(folder, 'home');
const programs = path.join(folder, 'bin');
let fixture: ServingFixture;
let there: string;

beforeAll(async () => {
  fixture = await ServingFixture.open();
  there = path.join(fixture.folder, 'home');
  for (const salt of ['', 'another']) await fixture.register(TREE, 'tree-30', salt);
  mkdirSync(programs);
  const program = path.join(programs, 'trimtab');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${path.resolve('bin/trimtab.mjs')}' "$@"\n`);
  chmodSync(program, 0o755);
  writeFileSync(path.join(folder, 'a file.csv'), 'x');
});
afterAll(() => fixture.close());

async function run(...argv: string[]): Promise<string[]> {
  const out: string[] = [];
  await main(argv, { out: (text) => out.push(text), err: () => undefined, env: { TRIMTAB_HOME: home } });
  return out.length === 0 ? [] : out.join('\n').split('\n');
}

const words = async (...line: string[]): Promise<string[]> =>
  (await run('completion', 'of', '--', ...line)).map((each) => each.split('\t')[0]!);

/** What a shell prints that runs a script, with the program where it finds it. */
function inShell(shell: string, script: string): string[] {
  const { stdout, stderr } = spawnSync(shell, ['-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${programs}:${process.env.PATH}`, HOME_OF_MODELS: there },
  });
  expect(stderr).toBe('');
  return stdout.trim().split('\n');
}

const isInstalled = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;

describe('trimtab completion', () => {
  it('knows commands, their parts, their options, files, and the models of the home', async () => {
    expect(await words('re')).toEqual(['register', 'reject', 'release', 'restore']);
    expect(await words('rows', '')).toEqual(['list', 'show', 'export', 'redo', 'release']);
    expect(await words('rollback', '--k')).toEqual(['--keep']);
    expect(await words('rollback', 'm', '--to', '1', '--ch')).toEqual(['--challenger']);
    expect(await words('register', '')).toEqual([':files']);
    expect(await words('truth', 'm', '--data', '')).toEqual([':files']);
    expect(await words('completion', '')).toEqual([...SHELLS]);
    expect(await words('rollback', 'm', '--reason', '')).toEqual([]);
  });

  it('looks names up in the home of the line, and makes none', async () => {
    expect(await words('status', '')).toEqual([]);
    expect(existsSync(home)).toBe(false);
    expect(await words('--home', there, 'status', '')).toEqual(['tree']);
    expect(await words('show', `--home=${there}`, 'tree', '')).toEqual(['1', '2']);
    expect(await words('compare', 'tree', '1', '--home', there, '')).toEqual(['1', '2']);
  });

  it.skipIf(!isInstalled('bash'))('completes words and files in bash', async () => {
    const press = String.raw`COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _trimtab; printf "%s\n" "${'$'}{COMPREPLY[@]}"`;
    const script = `press() { ${press}; }\n${(await run('completion', 'bash')).join('\n')}\n`;
    const lines = 'press trimtab status --home "$HOME_OF_MODELS" ""; press trimtab truth tree --data a';
    expect(inShell('bash', `${script}${lines}`)).toEqual(['tree', 'a file.csv']);
  });

  it.skipIf(!isInstalled('zsh'))('completes words and files in zsh, where it is installed', async () => {
    // Its own functions for that want a terminal: here they print what they are given.
    const own = `_describe() { print -l -- "$\{(@P)2}" }; _files() { print files }; compdef() { }`;
    const press = 'press() { words=("$@"); CURRENT=$#; _trimtab }';
    const script = `${own}\n${press}\n${(await run('completion', 'zsh')).join('\n')}\n`;
    const lines = 'press trimtab status --home "$HOME_OF_MODELS" ""; press trimtab truth tree --data a';
    expect(inShell('zsh', `${script}${lines}`)).toEqual(['tree:', 'files']);
  });

  it.skipIf(!isInstalled('fish'))('completes words and files in fish, where it is installed', async () => {
    const script = (await run('completion', 'fish')).join('\n');
    const lines = 'complete -C "trimtab status --home $HOME_OF_MODELS "; complete -C "trimtab truth tree --data a"';
    expect(inShell('fish', `${script}\n${lines}`)).toEqual(['tree', 'a file.csv']);
  });
});
