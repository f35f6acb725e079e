// A third-party emulator of AWS (PyPI's ministack: one Python process, no container engine), installed into .cache/ and
// run on a free port of 127.0.0.1. Plain JavaScript: nothing of node_modules is needed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../lib/ensure-installed.mjs';

const VERSION = '1.5.33';
/** Of the command line's version 1: PyPI has no other. Commands and options that are used here are those of version 2. */
const CLI_VERSION = '1.46.3';
const folder = path.join(root, '.cache', 'emulator');
const START_SECONDS = 60;
const LOG_LINES = 40;

/** What keeps the emulator from being installed here, for people. */
export class EmulatorUnavailable extends Error {}

function attempt(what, command, args) {
  const done = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (done.status === 0) return;
  const why = (done.error?.message ?? done.stderr.trim().split('\n').at(-1)) || `status ${done.status}`;
  throw new EmulatorUnavailable(`${what}: ${why}`);
}

/**
 * Installs a package of PyPI into a virtual environment of its own, once.
 *
 * @param {string} venv folder of the environment
 * @param {string} requirement name and version, as pip takes them
 * @returns {string} the environment's folder of programs
 * @throws EmulatorUnavailable where there is no Python or no PyPI
 */
function installed(venv, requirement) {
  const programs = path.join(venv, process.platform === 'win32' ? 'Scripts' : 'bin');
  const stamp = path.join(venv, '.installed');
  if (existsSync(stamp)) return programs;
  // What an interrupted installation has left is not to be trusted.
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.log(`installing ${requirement} into ${path.relative(root, venv)} …`);
  const python = process.platform === 'win32' ? 'python' : 'python3';
  attempt('python cannot make a virtual environment', python, ['-m', 'venv', venv]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement];
  attempt('PyPI cannot be reached', path.join(programs, 'python'), pip);
  writeFileSync(stamp, requirement);
  return programs;
}

/** Installs the emulator. @returns {string} folder of its programs @throws EmulatorUnavailable */
export const installEmulator = () => installed(path.join(folder, `venv-${VERSION}`), `ministack==${VERSION}`);

/** Installs AWS's own command line, which workflows and docs call. @returns {string} the folder that `aws` is in */
export const installAwsCli = () => installed(path.join(folder, `aws-cli-${CLI_VERSION}`), `awscli==${CLI_VERSION}`);

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Whether something listens. Its certificate is younger than this process, so there is no asking it by TLS. */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false)).once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/**
 * Installs and starts the emulator, and waits until it answers.
 *
 * @param {{enforce?: boolean, path?: string}} [options] `enforce`: signatures are checked and policies are applied, of
 *   identities and of resources; functions then run with the permissions of their roles and no others. `path`: folders
 *   of programs that come before those of this process; functions run on the `node` that is found there
 * @returns {Promise<{url: string, env: Record<string, string>, said: () => string, stop: () => Promise<void>}>} `env`
 *   points every AWS client of a child process to it; `said` gives the last lines of the emulator's log
 * @throws EmulatorUnavailable
 */
export async function startEmulator({ enforce = false, path: programsFirst } = {}) {
  const programs = installEmulator();
  const port = await freePort();
  const url = `${enforce ? 'https' : 'http'}://127.0.0.1:${port}`;
  const work = path.join(folder, `run-${process.pid}`);
  mkdirSync(work, { recursive: true });
  // The emulator writes CommonJS scripts here and has Node run them: this project's own package.json would forbid it.
  writeFileSync(path.join(work, 'package.json'), '{"type":"commonjs"}');
  const log = path.join(work, 'emulator.log');
  const out = openSync(log, 'w');
  // Made by the emulator when it starts; Node and the CDK's command line read it from different variables.
  const certificate = path.join(work, 'ministack-tls', 'server.crt');
  const env = {
    AWS_ENDPOINT_URL: url,
    AWS_ENDPOINT_URL_S3: url,
    AWS_REGION: 'eu-central-1',
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    ...(enforce ? { NODE_EXTRA_CA_CERTS: certificate, AWS_CA_BUNDLE: certificate } : {}),
  };
  const child = spawn(path.join(programs, 'python'), ['-m', 'ministack'], {
    cwd: work,
    stdio: ['ignore', out, out],
    env: {
      ...process.env,
      ...env,
      ...(programsFirst ? { PATH: `${programsFirst}${path.delimiter}${process.env.PATH}` } : {}),
      AUTH: String(enforce),
      USE_SSL: enforce ? '1' : '0',
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      MINISTACK_REGION: env.AWS_REGION,
      LOG_LEVEL: 'WARNING',
      TMPDIR: work,
    },
  });
  const said = () => readFileSync(log, 'utf8').trim().split('\n').slice(-LOG_LINES).join('\n');
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(late);
    rmSync(work, { recursive: true, force: true });
  };
  for (let waited = 0; waited < START_SECONDS * 10; waited++) {
    if (child.exitCode !== null) break;
    if (await accepts(port)) return { url, env, said, stop };
    await sleep(100);
  }
  const tail = said();
  await stop();
  throw new Error(`the emulator did not start:\n${tail}`);
}
