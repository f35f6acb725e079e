// `npm run test:container`: the image of containers/Dockerfile, built, run as the manifests say, used and drained. Wants
// root on Linux with buildah, podman and a runtime that works here. TRIMTAB_NODE_IMAGE names the base, where an image of
// Node can be had; else one is made of Debian (debootstrap) and npm's Node, once. What is missing is said, and skips it;
// with --required that is a failure. Everything is kept under .cache/containers, and only the base stays there.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled, root, run } from '../lib/ensure-installed.mjs';

const STORE = path.join(root, '.cache', 'containers');
const PLACES = ['--root', path.join(STORE, 'storage'), '--runroot', path.join(STORE, 'run')];
const BASE = 'localhost/trimtab-test-node';
const IMAGE = 'localhost/trimtab-test';
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
/** What a process may ask for without being allowed to raise its own limits, as in a virtual machine. */
const LIMITS = ['--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=1024:1024'];

/** Why the image cannot be tested here. */
class Unavailable extends Error {}

/** @returns {string} what it said on standard output */
function tool(command, args, { loud = false } = {}) {
  const done = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', loud ? 'inherit' : 'pipe'],
  });
  if (done.error !== undefined) throw new Unavailable(`there is no ${command} here`);
  if (done.status === 0) return done.stdout.trim();
  throw new Error(`${command} ${args.join(' ')} ended with ${done.status}: ${(done.stderr ?? '').slice(-2_000)}`);
}
const buildah = (args, options) => tool('buildah', [...PLACES, ...args], options);

/** @returns {Promise<string>} an image with Node and npm */
async function base() {
  const given = process.env.TRIMTAB_NODE_IMAGE;
  if (given !== undefined) return given;
  if (buildah(['images', '--format', '{{.Name}}']).split('\n').includes(BASE)) return BASE;
  console.log(`making ${BASE} of Debian and npm's Node, this takes minutes the first time …`);
  const { register } = await import('tsx/esm/api');
  register();
  const { lambdaNode } = await import('../build/lambda-runtime.ts');
  const folder = mkdtempSync(path.join(STORE, 'base-'));
  try {
    tool('debootstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', folder]);
    const local = path.join(folder, 'usr', 'local');
    cpSync(lambdaNode(), path.join(local, 'bin', 'node'));
    const npm = path.join(local, 'lib', 'node_modules', 'npm');
    mkdirSync(npm, { recursive: true });
    cpSync(path.join(tool('npm', ['root', '--global']), 'npm'), npm, { recursive: true, dereference: true });
    symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', path.join(local, 'bin', 'npm'));
    // Where a company signs what comes through its proxy, its certificates are among the machine's.
    if (existsSync(CERTIFICATES)) cpSync(CERTIFICATES, path.join(folder, CERTIFICATES));
    const container = buildah(['from', 'scratch']);
    buildah(['copy', container, folder, '/']);
    buildah(['config', '--env', `NODE_EXTRA_CA_CERTS=${CERTIFICATES}`, container]);
    buildah(['commit', '--rm', container, BASE]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return BASE;
}

/** @returns {string} a runtime that starts containers here, limits of memory included */
function runtime(image) {
  const reasons = [];
  for (const name of ['crun', 'runc']) {
    try {
      const args = ['--runtime', name, 'run', '--rm', ...LIMITS, '--memory', '256m', image, 'node', '--version'];
      tool('podman', [...PLACES, ...args]);
      return name;
    } catch (error) {
      reasons.push(`${name}: ${error.message.trim().split('\n').at(-1)}`);
    }
  }
  throw new Unavailable(`no runtime starts a container, ${reasons.join('; ')}`);
}

ensureInstalled();
let status = 1;
let built = false;
try {
  if (process.platform !== 'linux' || process.getuid() !== 0) throw new Unavailable('only root on Linux can');
  for (const command of ['buildah', 'podman', 'debootstrap']) tool(command, ['--version']);
  mkdirSync(STORE, { recursive: true });
  const node = await base();
  const works = runtime(node);
  console.log(`building ${IMAGE} …`);
  const context = ['-f', 'containers/Dockerfile', '-t', IMAGE, '.'];
  buildah(['bud', '--isolation', 'chroot', '--network', 'host', '--build-arg', `NODE=${node}`, ...context], {
    loud: true,
  });
  built = true;
  process.env.TRIMTAB_CONTAINER = JSON.stringify({
    image: IMAGE,
    podman: [...PLACES, '--runtime', works],
    limits: LIMITS,
  });
  status = run(['vitest', 'vitest.mjs'], ['run', 'test/containers', 'test/isolation/checkout.test.ts']);
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  console.log(`skipped: the image is not run here, ${error.message}`);
  status = process.argv.includes('--required') ? 1 : 0;
} finally {
  if (built) buildah(['rmi', '--force', IMAGE]);
}
process.exit(status);
