import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const readme = readFileSync('README.md', 'utf8');

describe('README', () => {
  it('has examples that run as they stand', () => {
    const [, script = ''] = /<!-- run by test\/readme\.test\.ts -->\n```sh\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(script).toContain('trimtab register');
    // A checkout to whoever types the commands, in which nobody else has made a model folder or a home.
    const checkout = temporaryFolder('readme');
    cpSync('models', path.join(checkout, 'models'), { recursive: true });
    symlinkSync(path.resolve('bin'), path.join(checkout, 'bin'));
    const output = execFileSync('bash', ['-e', '-O', 'expand_aliases', '-c', script], {
      cwd: checkout,
      encoding: 'utf8',
    });
    expect(output).toContain('my-model 1 registered');
    expect(output).toContain('champion      1');
    expect(output).toContain('accepted');
    expect(readdirSync(checkout).sort()).toEqual(['.trimtab', 'bin', 'models', 'my-model']);
  }, 240_000);

  it('links to what exists', () => {
    for (const [, target] of readme.matchAll(/\]\(([^)#]+)\)/g)) expect(existsSync(target!), target).toBe(true);
  });

  it('names every command', async () => {
    const { main } = await import('../cli/main.ts');
    let help = '';
    await main(['--help'], {
      out: (text) => {
        help += text;
      },
      err: () => undefined,
      env: {},
    });
    const commands = [...help.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name!);
    expect(commands.length).toBeGreaterThan(12);
    for (const command of commands) expect(readme, command).toMatch(new RegExp(`\`[^\`]*${command}[^\`]*\``));
  });
});
