import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../cli/main.ts';
import { type LocalRuntime, startLocalRuntime } from '../../local-runtime/local-runtime.ts';
import { joinGroundTruth } from '../../usecases/ground-truth/join-ground-truth.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { shownPattern, type TutorialStep, tutorialSteps, words } from './tutorial.ts';

type Command = Extract<TutorialStep, { kind: 'command' }>;

/** A Python with the libraries of all tutorials, to train with; without it, what the pages trained is committed. */
const trainer = process.env.TRIMTAB_TUTORIAL_PYTHON;
const python = trainer ?? (spawnSync('python3', ['--version']).status === 0 ? 'python3' : undefined);

const before = process.cwd();
const checkout = (file: string): string => path.join(before, file);

/** Pages with examples that go on where a tutorial ends. */
const CONTINUED: Readonly<Record<string, string>> = { lightgbm: 'docs/truths.md' };

describe.each(globSync('docs/tutorials/*.md').sort())('%s', (page) => {
  const name = path.basename(page, '.md');
  const pages = [page, ...(CONTINUED[name] === undefined ? [] : [CONTINUED[name]])];
  const folder = temporaryFolder(`tutorial-${name}`);
  let runtime: LocalRuntime | undefined;

  beforeAll(() => process.chdir(folder));
  afterAll(async () => {
    process.chdir(before);
    await runtime?.close();
  });

  async function typed({ words: [program, ...args], into }: Command): Promise<{ status: number; said: string }> {
    if (program === 'python') return { status: 0, said: runPython(args) };
    if (program !== 'trimtab') throw new Error(`${program} is no program that a tutorial uses`);
    if (args[0] === 'up') return { status: 0, said: await up() };
    await runtime?.flush();
    const said: string[] = [];
    const status = await main(args, {
      out: (text) => said.push(text),
      err: (text) => said.push(text),
      env: { TRIMTAB_ACTOR: 'user:ada', ...(runtime ? { TRIMTAB_URL: runtime.url } : {}) },
    });
    if (into !== undefined) writeFileSync(into, said.join('\n'));
    // Whoever follows the page waits a minute.
    if (args[0] === 'truth') await joinGroundTruth(runtime!.home, new Date());
    return { status, said: into === undefined ? said.join('\n') : '' };
  }

  function runPython(args: string[]): string {
    if (args[0] === 'train.py' && trainer === undefined) {
      cpSync(checkout(`test/tutorials/${name}`), '.', { recursive: true });
      return '';
    }
    // Libraries say what they are doing; that is no part of a page.
    execFileSync(python!, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    return '';
  }

  /** As `trimtab up` does, but at a port of its own, and truths are joined when they are sent. */
  async function up(): Promise<string> {
    runtime = await startLocalRuntime({ home: '.trimtab', port: 0, every: { 'ground-truth': 3_600 } });
    return `serving ${runtime.home.description} at ${runtime.url} until stopped (Ctrl-C)\n`;
  }

  it('runs as it stands, and says what it shows', { timeout: 300_000 }, async () => {
    for (const step of pages.flatMap((each) => tutorialSteps(readFileSync(checkout(each), 'utf8')))) {
      if (step.kind === 'file') {
        writeFileSync(step.name, step.text);
        continue;
      }
      if (step.kind === 'request') {
        const { path: where, ...request } = step;
        const answer = await fetch(`${runtime!.url}${where}`, { ...request, method: 'POST' });
        expect(answer.status, await answer.text()).toBe(200);
        continue;
      }
      const line = step.words.join(' ');
      if (line.startsWith('python ') && python === undefined && line !== 'python train.py') {
        process.stderr.write(`skipped: ${page} from \`${line}\` on, for python3 is not here\n`);
        return;
      }
      const { status, said } = await typed(step);
      expect(status, `${line}\n${said}`).toBe(/^trimtab: /m.test(step.shown) ? 1 : 0);
      // Other versions of the libraries train another model.
      if (trainer === undefined) expect(words(said), line).toMatch(shownPattern(step.shown));
    }
  });
});

describe('what a tutorial shows', () => {
  it('is held against what is said, but for what it leaves out', () => {
    const [step] = tutorialSteps('```console\n$ trimtab a > b\nwrong on … %\n  of 2 rows\n…\n```');
    expect(step).toMatchObject({ words: ['trimtab', 'a'], into: 'b' });
    const pattern = shownPattern((step as Command).shown);
    expect('wrong on 4.8 % of 2 rows and more').toMatch(pattern);
    expect('wrong on 4.8 % of 3 rows and more').not.toMatch(pattern);
  });
});
