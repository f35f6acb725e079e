import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { main } from '../../cli/main.ts';
import { openLocalHome } from '../../platform/local/home.ts';
import { UNFINISHED } from '../../platform/unfinished.ts';
import { ANNA, Lives } from '../usecases/privacy/erasure-contract.ts';

const MODEL = 'models/flight-delay';
/** What Node and the loader of TypeScript keep in the temporary folder. */
const CACHES = /^(node-compile-cache|tsx-.*)$/;
/** Results that were finished are their user's. */
const RESULTS = /^trimtab-(validate|drift)-[0-9a-f]{12}$/;
/** How long processes whose parent was killed may take to end. */
const ORPHANS_MS = 10_000;

export interface KillsOptions {
  /** The program that starts the command: the launcher of a bundle. */
  readonly launcher: string;
  readonly folder: string;
  readonly kills: number;
  readonly seed: number;
}

export interface KillsResult {
  /** Killed while they ran; others had ended before. */
  readonly killed: number;
  /** Temporary folders and unfinished files that were there after the kills: what the next start had to clear. */
  readonly found: number;
  /** What was still there after the next start. */
  readonly remains: readonly string[];
}

/** A command, and within how long it is killed. */
interface Victim {
  readonly argv: readonly string[];
  readonly withinMs: number;
  readonly prepare?: () => void;
}

/**
 * Kills commands that work on a home with rows of people at random moments, the whole group of processes or the first one
 * alone, and opens the home again after each kill.
 */
export async function killAtRandom({ launcher, folder, kills, seed }: KillsOptions): Promise<KillsResult> {
  const temporary = path.join(folder, 'tmp');
  mkdirSync(temporary);
  const sound = path.join(folder, 'sound');
  await prepareHome(sound);
  const home = path.join(folder, 'home');
  const before = process.env.TMPDIR;
  const result = { killed: 0, found: 0, remains: [] as string[] };
  const victims = victimsOf(home);
  const moments = fc.sample(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()), {
    numRuns: kills,
    seed,
  });
  try {
    process.env.TMPDIR = temporary;
    for (const [i, [moment, group]] of moments.entries()) {
      const victim = victims[i % victims.length]!;
      rmSync(home, { recursive: true, force: true });
      cpSync(sound, home, { recursive: true });
      victim.prepare?.();
      const args = [launcher, '--home', home, ...victim.argv];
      if (await killed(args, { afterMs: moment * victim.withinMs, group })) result.killed++;
      result.found += remainsIn(temporary, home).length;
      const said: string[] = [];
      const status = await main(['--home', home, 'list'], { out: () => {}, err: (text) => said.push(text), env: {} });
      if (status !== 0) throw new Error(`the next start ends with ${status}: ${said.join('\n')}`);
      for (const name of remainsIn(temporary, home)) result.remains.push(`${victim.argv[0]}: ${name}`);
    }
  } finally {
    process.env.TMPDIR = before;
  }
  return result;
}

async function prepareHome(folder: string): Promise<void> {
  const home = await openLocalHome(folder);
  const lives = new Lives(home, 'column');
  await lives.live();
  lives.close();
  await home.close();
  for (const argv of [
    ['register', `${MODEL}/v1`],
    ['approve', 'flight-delay', '1'],
    ['release', 'flight-delay', '1'],
  ])
    await main(['--home', folder, ...argv], { out: () => {}, err: () => {}, env: {} });
}

function victimsOf(home: string): Victim[] {
  const data = `${MODEL}/data/2013-07.csv`;
  const drop = (): void => {
    const incoming = path.join(home, 'data/incoming/flight-delay');
    mkdirSync(incoming, { recursive: true });
    cpSync(data, path.join(incoming, '2013-07.csv'), { preserveTimestamps: true });
  };
  return [
    { argv: ['validate', data, '--contract', `${MODEL}/v1`], withinMs: 1_500 },
    { argv: ['register', `${MODEL}/v2`], withinMs: 2_000 },
    { argv: ['forget', '--subject', ANNA], withinMs: 1_500 },
    { argv: ['serve', '--port', '0'], withinMs: 2_000 },
    { argv: ['up', '--port', '0'], withinMs: 5_000, prepare: drop },
  ];
}

/** @returns whether it was still running */
async function killed(
  args: readonly string[],
  { afterMs, group }: { afterMs: number; group: boolean },
): Promise<boolean> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  // Those that it has started hold its output, too: it ends when all of them have.
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.stderr.resume();
  await Promise.race([sleep(afterMs), ended]);
  const running = child.exitCode === null;
  if (running) process.kill(group ? -child.pid! : child.pid!, 'SIGKILL');
  const late = AbortSignal.timeout(ORPHANS_MS);
  await Promise.race([ended, new Promise((_, reject) => late.addEventListener('abort', () => reject(late.reason)))]);
  return running;
}

function remainsIn(temporary: string, home: string): string[] {
  const left = readdirSync(temporary).filter((name) => {
    if (CACHES.test(name)) return false;
    return !RESULTS.test(name) || !existsSync(path.join(temporary, name, 'report.html'));
  });
  const inHome = readdirSync(home, { recursive: true, withFileTypes: true })
    .filter(({ parentPath }) => path.basename(parentPath) === UNFINISHED)
    .map(({ parentPath, name }) => path.join(path.relative(home, parentPath), name));
  return [...left, ...inHome];
}
