// Installs what is missing, with nothing but Node and npm: plain JavaScript, no imports from node_modules.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

/** Node 20.19 is the oldest that can load every dependency. */
function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`trimtab needs Node 20.19 or newer, this is ${process.versions.node}`);
    process.exit(2);
  }
}

/** Runs `npm ci` when node_modules is missing or was made from another lock file. */
export function ensureInstalled() {
  checkNode();
  const lock = readFileSync(path.join(root, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  const stamp = path.join(root, 'node_modules', '.trimtab-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('installing dependencies (npm ci), this takes a minute the first time …');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    // onnxruntime-node's install script downloads CUDA libraries that nothing here uses.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', NODE_ENV: 'development' },
  });
  if (npm.status !== 0) {
    console.error('npm ci failed: see its messages above');
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

/** Runs a tool of node_modules/.bin in the checkout and gives its exit status. */
export function run(command, args, env = {}) {
  const done = spawnSync(process.execPath, [path.join(root, 'node_modules', ...command), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return done.status ?? 1;
}
