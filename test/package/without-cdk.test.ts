import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { NATIVE_LIBRARIES } from '../../platform/packages/native-packages.ts';
import { fetchPackage } from '../../platform/packages/pinned-package.ts';

const work = mkdtempSync(path.join(path.dirname(inject('app')), 'without-cdk-'));
const folder = path.join(work, 'folder');
const { PATH = '', HOME = '' } = process.env;
const env = { PATH, HOME, XDG_CACHE_HOME: path.join(work, 'cache') };
const kept = path.join(env.XDG_CACHE_HOME, 'trimtab', 'packages');

/** Runs `npx trimtab …` in the folder. */
function trimtab(args: readonly string[], more: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync('npx', ['--no', 'trimtab', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...env, ...more },
  });
  return { status, stdout, stderr };
}

const INIT = ['init', '--model', 'model.onnx', '--data', 'flights.csv', '--name', 'delay', '--id', 'flight_id'];

/** In a folder that has the package and nothing else: no CDK, none of the optional peers. */
describe('the trimtab command where nothing else is installed', () => {
  let running: ChildProcess | undefined;

  beforeAll(() => {
    mkdirSync(folder);
    const npm = ['install', '--prefer-offline', '--no-audit', '--no-fund', inject('tarball')];
    execFileSync('npm', npm, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], env });
    copyFileSync('models/flight-delay/v1/model.onnx', path.join(folder, 'model.onnx'));
    const rows = readFileSync('models/flight-delay/data/traffic-spring.csv', 'utf8').split('\n');
    writeFileSync(path.join(folder, 'flights.csv'), rows.slice(0, 1_000).join('\n'));
  });
  afterEach(async () => {
    if (running === undefined) return;
    const ended = new Promise((resolve) => running!.once('exit', resolve));
    running.kill('SIGTERM');
    await ended;
    running = undefined;
  });

  /** Starts a command that serves. @returns where */
  async function start(...args: readonly string[]): Promise<string> {
    running = spawn(process.execPath, ['node_modules/.bin/trimtab', ...args, '--port', '0'], { cwd: folder, env });
    let text = '';
    return new Promise((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        text += chunk.toString();
        const found = / at (http:\/\/\S+) until/.exec(text);
        if (found) resolve(found[1]!);
      };
      running!.stdout!.on('data', take);
      running!.stderr!.on('data', take);
      running!.once('exit', (code) => reject(new Error(`it ended with ${code}: ${text}`)));
    });
  }

  it('was installed with zod alone', () => {
    expect(readdirSync(path.join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      'trimtab',
      'zod',
    ]);
    expect(existsSync(path.join(folder, 'node_modules', 'trimtab', 'LICENSE'))).toBe(true);
  });

  it('is small but for the layers', () => {
    const layers = path.join(folder, 'node_modules', 'trimtab', 'dist', 'layers');
    const layered = readdirSync(layers).map((file) => statSync(path.join(layers, file)).size);
    expect(layered).toHaveLength(4);
    expect(statSync(inject('tarball')).size - layered.reduce((a, b) => a + b)).toBeLessThan(30e6);
  });

  it('says without a network which command installs the library that it needs', () => {
    const offline = { npm_config_offline: 'true', npm_config_cache: path.join(work, 'empty') };
    const { status, stderr } = trimtab(INIT, offline);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /needs onnxruntime-node 1\.25\.1, which runs models and is not installed beside trimtab .*npm cannot fetch/,
    );
    expect(stderr).toContain(`npm install --no-save --ignore-scripts --prefix "${folder}" onnxruntime-node@1.25.1`);
    expect(readdirSync(kept)).toEqual([]);
  });

  it('keeps nothing of a package that is not what it was', () => {
    const [pinned] = NATIVE_LIBRARIES[1]!.packages('linux-x64');
    const to = path.join(work, 'other');
    expect(() => fetchPackage({ ...pinned!, integrity: 'sha512-none' }, to)).toThrow(
      /@duckdb\/node-api \S+ is not what it was: sha512-\S+, expected sha512-none/,
    );
    expect(readdirSync(to)).toEqual([]);
  });

  it('makes a model folder and registers and releases it, and fetches what it needs once', () => {
    const made = trimtab([...INIT, '--time', 'scheduled', '--label', 'late', '--threshold', '0.35', '--out', 'delay']);
    expect(made, made.stderr).toMatchObject({ status: 0 });
    expect(made.stderr.match(/^trimtab: fetching \S+ \S+ by npm/gm)).toEqual([
      'trimtab: fetching onnxruntime-node 1.25.1 by npm',
      'trimtab: fetching @duckdb/node-api 1.5.5-r.5 by npm',
    ]);
    const registered = trimtab(['register', 'delay']);
    expect(registered).toMatchObject({ status: 0, stderr: '' });
    expect(registered.stdout).toContain('delay 1 registered');
    for (const command of ['approve', 'release']) expect(trimtab([command, 'delay', '1'])).toMatchObject({ status: 0 });
  });

  it('keeps the files for this machine only', () => {
    expect(readdirSync(kept)).toHaveLength(2);
    const natives = path.join(kept, readdirSync(kept).find((name) => name.startsWith('onnx'))!, 'node_modules');
    expect(readdirSync(path.join(natives, 'onnxruntime-node', 'bin', 'napi-v6'))).toEqual([process.platform]);
    expect(existsSync(path.join(natives, 'onnxruntime-node', 'script'))).toBe(false);
  });

  it.each([['serve', '--home', '.trimtab', '--drain-delay', '0'], ['up']])(
    'answers predictions over a socket: trimtab %s',
    async (...command) => {
      const url = await start(...command);
      const { status, stdout } = trimtab([
        'predict',
        'delay',
        '--data',
        'flights.csv',
        '--limit',
        '5',
        '--url',
        url,
        '--json',
      ]);
      expect(status).toBe(0);
      const { outputs } = JSON.parse(stdout) as { outputs: { name: string; shape: number[]; data: number[] }[] };
      const probabilities = outputs.find(({ name }) => name === 'probabilities')!;
      expect(probabilities.shape).toEqual([5, 2]);
      expect(probabilities.data[0]! + probabilities.data[1]!).toBeCloseTo(1, 5);
    },
  );
});
