// `npm run test:kubernetes`: the manifests of containers/, applied to an API server of Kubernetes. That and etcd are built
// from Go modules the first time, which takes a quarter of an hour of a processor; KUBEBUILDER_ASSETS names a folder that
// has both already. Where there is neither it is skipped, aloud; with --required that is a failure.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled, root, run } from '../lib/ensure-installed.mjs';

const CLUSTER = path.join(root, 'test', 'kubernetes', 'cluster');
const VERSION = '1.37.2';
const KSERVE = 'v0.17.0';

/** Why the tests cannot run here. */
class Unavailable extends Error {}

function go(args) {
  const done = spawnSync('go', args, { cwd: CLUSTER, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (done.error !== undefined) throw new Unavailable('there is no Go here');
  if (done.status !== 0) throw new Unavailable((done.stderr || done.stdout).trim().split('\n').at(-1));
  return done.stdout;
}

/** @returns {string} a folder with kube-apiserver and etcd */
function programs() {
  const given = process.env.KUBEBUILDER_ASSETS;
  if (given !== undefined) return path.resolve(given);
  const folder = path.join(root, '.cache', `kubernetes-${VERSION}`);
  if (existsSync(path.join(folder, 'kube-apiserver')) && existsSync(path.join(folder, 'etcd'))) return folder;
  console.log(`building kube-apiserver ${VERSION} and etcd into ${path.relative(root, folder)}, this takes a while …`);
  mkdirSync(folder, { recursive: true });
  const build = ['build', '-trimpath', '-ldflags', '-s -w', '-o', `${folder}${path.sep}`];
  go([...build, 'go.etcd.io/etcd/server/v3', 'k8s.io/kubernetes/cmd/kube-apiserver']);
  // The package of etcd's server is called that.
  renameSync(path.join(folder, 'server'), path.join(folder, 'etcd'));
  return folder;
}

/** @returns {string} the folder of KServe's own resource definitions */
function kserveDefinitions() {
  const { Dir } = JSON.parse(go(['mod', 'download', '-json', `github.com/kserve/kserve@${KSERVE}`]));
  return path.join(Dir, 'config', 'crd', 'full');
}

ensureInstalled();
try {
  process.env.TRIMTAB_KUBERNETES = programs();
  process.env.TRIMTAB_KSERVE_DEFINITIONS = kserveDefinitions();
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  console.log(`skipped: the manifests are applied to no API server here, ${error.message}`);
  process.exit(process.argv.includes('--required') ? 1 : 0);
}
process.exit(run(['vitest', 'vitest.mjs'], ['run', 'test/kubernetes', 'test/isolation/checkout.test.ts']));
