import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { openLocalHome } from '../platform/local/home.ts';
import { readSignature } from '../platform/onnx/model.ts';
import { COMMAND } from '../scripts/build/package.ts';
import { Registry } from '../usecases/registry/registry.ts';

/** What one round of load gave. Latencies in milliseconds. */
export interface Load {
  readonly requests: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
}

export interface Server {
  readonly url: string;
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

const LAUNCHER = `
import { createRequire } from 'node:module';
const { main } = createRequire(import.meta.url)('./trimtab.cjs');
process.exitCode = await main(process.argv.slice(2), { out: console.log, err: console.error, env: process.env });
`;

/** A folder with the command as the package has it. */
export async function bundleCommand(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-bench-'));
  await build({ ...COMMAND, outdir: folder });
  await writeFile(path.join(folder, 'launcher.mjs'), LAUNCHER);
  return folder;
}

/** The only input of a model: rows of so many floats. */
export interface FloatInput {
  readonly name: string;
  readonly width: number;
}

export interface BenchModel {
  readonly name: string;
  /** The ONNX file: its path, or its bytes. */
  readonly model: string | Uint8Array;
  readonly input: FloatInput;
  /** Other members of the manifest. @default none */
  readonly manifest?: object;
}

/** Makes a model folder below `parent`, with a contract of floats for the model's only input. @returns its path */
export async function modelFolder(parent: string, { name, model, input, manifest }: BenchModel): Promise<string> {
  const to = path.join(parent, name);
  await mkdir(to);
  if (typeof model === 'string') await copyFile(model, path.join(to, 'model.onnx'));
  else await writeFile(path.join(to, 'model.onnx'), model);
  const features = Array.from({ length: input.width }, (_, index) => ({
    name: `feature_${index}`,
    type: 'float',
    min: -100,
    max: 100,
    input: input.name,
    index,
  }));
  await writeFile(path.join(to, 'model.json'), JSON.stringify({ name, contract: { features }, ...manifest }));
  return to;
}

/** Registers and releases model folders in a home of their own. */
export async function releaseAll(home: string, folders: readonly string[]): Promise<void> {
  const opened = await openLocalHome(home);
  const registry = new Registry(opened, 'bench');
  for (const folder of folders) {
    const { version } = await registry.register(folder, await readSignature(path.join(folder, 'model.onnx')));
    for (const type of ['approve', 'release'] as const)
      await registry.apply(version.model, { type, version: version.version, reason: 'bench' });
  }
  await opened.close();
}

/** An inference request of the Open Inference Protocol with one row of floats. */
export const body = (input: FloatInput): string =>
  JSON.stringify({
    inputs: [
      {
        name: input.name,
        shape: [1, input.width],
        datatype: 'FP32',
        data: Array.from({ length: input.width }, (_, i) => Math.round(Math.sin(i) * 10_000) / 10_000),
      },
    ],
  });

export interface StartOptions {
  /** Whether the server keeps to one core and `load` to another, so that neither takes the other's time. @default false */
  readonly apart?: boolean;
}

/** More captures a minute than any load here brings forth: with the default share of a caller, some would be left out. */
const ALL_CAPTURES = ['--capture-megabytes', '1000000'];

/** The server of Trimtab. To see where its time goes: BENCH_NODE_ARGS='--cpu-prof --cpu-prof-dir=profiles'. */
export function startTrimtab(command: string, home: string, options?: StartOptions): Promise<Server> {
  const more = process.env.BENCH_NODE_ARGS?.split(' ') ?? [];
  const args = (port: number) => [
    'serve',
    '--home',
    home,
    '--port',
    String(port),
    '--drain-delay',
    '0',
    ...ALL_CAPTURES,
  ];
  return start(process.execPath, (port) => [...more, path.join(command, 'launcher.mjs'), ...args(port)], {
    ...options,
    env: () => ({ NODE_PATH: path.resolve('node_modules') }),
  });
}

/** Starts any server that says at /v2/health/ready when it is ready. */
export async function start(
  command: string,
  args: (port: number) => readonly string[],
  options: StartOptions & {
    readonly env: (port: number) => Readonly<Record<string, string>>;
    readonly cwd?: string;
  },
): Promise<Server> {
  const port = await freePort();
  const [file, ...all] = on(options.apart ? SERVER_CORE : undefined, [command, ...args(port)]);
  const child = spawn(file!, all, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (;;) {
    if (child.exitCode !== null) throw new Error(`a server ended with ${child.exitCode}`);
    const answer = await fetch(`${url}/v2/health/ready`).catch(() => undefined);
    if (answer?.status === 200) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  return { url, child, stop };
}

const SERVER_CORE = 0;
const LOAD_CORE = 1;

/** A command that keeps to a core, where there are several and taskset (Debian: util-linux) to choose one. */
const on = (core: number | undefined, command: readonly string[]): readonly string[] =>
  core === undefined || availableParallelism() < 2 || !existsSync('/usr/bin/taskset')
    ? command
    : ['/usr/bin/taskset', '-c', String(core), ...command];

export interface LoadTestOptions extends StartOptions {
  readonly url: string;
  /** File with the body of every request. */
  readonly bodyFile: string;
  /** Connections at once. */
  readonly callers: number;
  readonly seconds: number;
}

/** Loads a server by wrk (Debian: apt-get install wrk). */
export async function loadTest({ url, bodyFile, callers, seconds, apart = false }: LoadTestOptions): Promise<Load> {
  const args = ['-t', '1', '-c', String(callers), '-d', `${seconds}s`, '--timeout', '10s'];
  const [file, ...all] = on(apart ? LOAD_CORE : undefined, ['wrk', ...args, '-s', 'bench/peers/post.lua', url]);
  const { stdout } = await promisify(execFile)(file!, all, { env: { ...process.env, BODY: bodyFile } });
  const line = stdout.split('\n').find((each) => each.startsWith('result '));
  if (line === undefined) throw new Error(`wrk said nothing of its result: ${stdout}`);
  return JSON.parse(line.slice('result '.length)) as Load;
}

/** A port that nobody listens at. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });
