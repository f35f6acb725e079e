import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const readme = readFileSync('README.md', 'utf8');

describe('README', () => {
  it('has examples that run as they stand', () => {
    const [, script = ''] = /<!-- run by test\/readme\.test\.ts -->\n```sh\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(script).toContain('trimtab register');
    const folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-readme-'));
    try {
      const output = execFileSync('bash', ['-e', '-O', 'expand_aliases', '-c', script], {
        encoding: 'utf8',
        env: { ...process.env, TRIMTAB_HOME: path.join(folder, 'home') },
      });
      expect(output).toContain('my-model 1 registered');
      expect(output).toContain('champion      1');
      expect(output).toContain('accepted');
    } finally {
      rmSync(folder, { recursive: true, force: true });
      rmSync('my-model', { recursive: true, force: true });
    }
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
