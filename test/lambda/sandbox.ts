import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LAMBDA_PLACES, type Places } from './runtime.ts';

/** User and group of functions on Lambda, whose user has a name, and a home that is not there. */
const [USER, GROUP] = [993, 990];
const PASSWD = `sbx_user1051:x:${USER}:${GROUP}::/home/sbx_user1051:/sbin/nologin`;

/** Where a function runs: what it sees of the file system, and as whom. */
export interface Sandbox {
  readonly isolated: boolean;
  /** Where the function finds things. */
  readonly places: Places;
  /** The function's temporary folder, for whoever looks from outside. It outlives the function's process. */
  readonly tmp: string;
  /** The command that runs another one inside, in the same process. */
  inside(command: readonly string[]): string[];
  close(): Promise<void>;
}

export type Contents = Omit<Places, 'tmp'>;

/** Whether a file system of its own can be made here: it takes Linux's namespaces, and root. */
export const canIsolate =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', 'nsenter', '--version']).status === 0 &&
  spawnSync('setpriv', ['--version']).status === 0;

/** Opens a sandbox on folders of this machine, with so much space under /tmp. It counts as memory here, not on Lambda. */
export const openSandbox = (contents: Contents, temporaryMb = 512): Promise<Sandbox> =>
  canIsolate ? isolated(contents, temporaryMb) : Promise.resolve(bare(contents));

/**
 * A root of its own in a mount namespace: everything read-only but /tmp. The shell that has mounted it waits for the
 * end of its input, so the namespace goes with the process that opened it, however that ends.
 */
const MOUNTS = `
set -e
root=$1 task=$2 opt=$3 runtime=$4 node=$5 megabytes=$6
mount -t tmpfs -o mode=755 none "$root"
cd "$root"
for name in bin etc lib lib64 sbin usr; do
  if [ -L "/$name" ]; then cp -P "/$name" "$name"
  elif [ -d "/$name" ]; then mkdir "$name"; mount --bind "/$name" "$name"; mount -o remount,bind,ro "$name"; fi
done
mkdir -p dev opt proc sys tmp var/task var/runtime var/lang/bin
echo '${PASSWD}' > var/passwd
mount --bind var/passwd etc/passwd
mount --rbind /proc proc
for name in full null random urandom zero; do touch "dev/$name"; mount --bind "/dev/$name" "dev/$name"; done
touch var/lang/bin/node
mount --bind "$task" var/task
mount --bind "$opt" opt
mount --bind "$runtime" var/runtime
mount --bind "$node" var/lang/bin/node
for name in opt var/task var/runtime var/lang/bin/node; do mount -o remount,bind,ro "$name"; done
mount -t tmpfs -o size="$megabytes"m,mode=1777 none tmp
mount -o remount,ro "$root"
echo ready
exec cat > /dev/null
`;

async function isolated(contents: Contents, temporaryMb: number): Promise<Sandbox> {
  const root = mkdtempSync(path.join(os.tmpdir(), 'trimtab-root-'));
  const { task, opt, runtime, node } = contents;
  const holder = spawn(
    'unshare',
    [
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      MOUNTS,
      'sh',
      root,
      task,
      opt,
      runtime,
      node,
      String(temporaryMb),
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  await ready(holder);
  const namespace = `/proc/${holder.pid}`;
  const seen = path.join(namespace, 'root', root);
  return {
    isolated: true,
    places: LAMBDA_PLACES,
    tmp: path.join(seen, 'tmp'),
    inside: (command) => [
      'nsenter',
      `--mount=${namespace}/ns/mnt`,
      `--root=${seen}`,
      `--wd=${path.join(seen, 'var/task')}`,
      ...[`--setuid=${USER}`, `--setgid=${GROUP}`],
      // A frozen function must not outlive an interrupted test.
      ...['setpriv', '--pdeathsig', 'KILL', '--no-new-privs'],
      ...command,
    ],
    close: async () => {
      const ended = new Promise((resolve) => holder.once('exit', resolve));
      holder.stdin.end();
      await ended;
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function ready(holder: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    holder.stderr?.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    holder.stdout?.once('data', () => resolve());
    holder.once('exit', (code) => reject(new Error(`the sandbox could not be made, status ${code}: ${said}`)));
  });
}

/** No sandbox at all: the same code in the same runtime, with the run of the machine. */
function bare(contents: Contents): Sandbox {
  const tmp = mkdtempSync(path.join(os.tmpdir(), 'trimtab-tmp-'));
  mkdirSync(tmp, { recursive: true });
  return {
    isolated: false,
    places: { ...contents, tmp },
    tmp,
    inside: (command) => [...command],
    close: async () => rmSync(tmp, { recursive: true, force: true }),
  };
}
