import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { applyHunk, recipeSteps } from './recipes.ts';

const steps = recipeSteps(readFileSync('CONTRIBUTING.md', 'utf8'));

/** What is copied: the sources and what goes with them. Whatever else a person keeps in the checkout is theirs. */
const { include: SOURCES } = JSON.parse(readFileSync('tsconfig.json', 'utf8')) as { include: string[] };
const COPIED = [
  ...SOURCES,
  '.github',
  '.gitignore',
  'containers',
  'docs',
  'schemas',
  ...globSync('*.{json,ts,md}', { dot: true }),
];
/** What is large and only read. */
const LINKED = ['node_modules', 'models'];

let copy: string;

/** Runs a tool in the copy. Fails with what it printed. */
function run(tool: string, ...args: string[]): void {
  try {
    execFileSync(process.execPath, [path.resolve('node_modules', tool), ...args], { cwd: copy, encoding: 'utf8' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${tool}: ${stdout}${stderr}`);
  }
}

describe('the recipes of CONTRIBUTING.md, applied to a copy of the sources', () => {
  beforeAll(() => {
    copy = temporaryFolder('recipes');
    for (const name of LINKED) symlinkSync(path.resolve(name), path.join(copy, name));
    for (const name of COPIED) cpSync(name, path.join(copy, name), { recursive: true });
    for (const { path: file, change } of steps) {
      const target = path.join(copy, file);
      if (change.kind === 'new') {
        expect(existsSync(target), `${file} is new`).toBe(false);
        mkdirSync(path.dirname(target), { recursive: true });
        writeFileSync(target, change.text);
      } else
        writeFileSync(
          target,
          change.hunks.reduce((text, hunk) => applyHunk(file, text, hunk), readFileSync(target, 'utf8')),
        );
    }
  });

  const changed = [...new Set(steps.map(({ path: file }) => file))];
  const sources = changed.filter((file) => file.endsWith('.ts'));

  it('change what they say', () => {
    expect(changed.length).toBeGreaterThan(30);
  });

  it('compile', () => run('typescript/bin/tsc', '--noEmit'), 120_000);

  it('let generated files be written', () => run('tsx/dist/cli.mjs', 'scripts/docs/generate.ts'));

  it('are formatted and free of what the linter finds', () => run('@biomejs/biome/bin/biome', 'check', ...sources));

  it('pass the tests that they write', () => {
    const tests = sources.filter((file) => file.endsWith('.test.ts') && !file.startsWith('test/lambda/'));
    expect(tests.length).toBeGreaterThan(4);
    run('vitest/vitest.mjs', 'run', '--project', 'unit', '--project', 'processes', '--maxWorkers=1', ...tests);
  }, 120_000);
});
