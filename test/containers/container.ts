import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Set by `npm run test:container`: the image, and what podman has to be told on this machine. */
export const SETUP: { image: string; podman: string[]; limits: string[] } | undefined =
  process.env.TRIMTAB_CONTAINER === undefined ? undefined : JSON.parse(process.env.TRIMTAB_CONTAINER);

/** What a manifest says of a pod and its one container, as far as a runtime by itself can hold it to that. */
export interface Manifest {
  readonly securityContext?: { runAsUser: number; runAsGroup: number; fsGroup: number };
  readonly terminationGracePeriodSeconds?: number;
  readonly volumes?: readonly { name: string; emptyDir?: object; secret?: { defaultMode: number } }[];
  readonly containers: readonly [
    {
      readonly args: readonly string[];
      readonly env: readonly { name: string; value: string }[];
      readonly resources: { limits: { memory: string } };
      readonly volumeMounts?: readonly { name: string; mountPath: string }[];
      readonly securityContext: { readOnlyRootFilesystem?: boolean; capabilities: { drop: readonly string[] } };
    },
  ];
}

export interface RunOptions {
  /** Confines the container as this does. @default only the image itself does */
  readonly manifest?: Manifest;
  /** @default those of the manifest, else those of the image */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files of the secret that the manifest mounts, by their names. @default none */
  readonly secret?: Readonly<Record<string, string>>;
  /** Folders of the host, read only, by where they are in the container. */
  readonly mounts?: Readonly<Record<string, string>>;
  /** Ports of the container that are asked for at `address`. */
  readonly ports?: readonly number[];
}

/** The image, run by podman. */
export class Container {
  private constructor(
    private readonly name: string,
    private readonly folders: readonly string[],
  ) {}

  static run({
    manifest,
    args = manifest?.containers[0].args ?? [],
    env = {},
    mounts = {},
    ports = [8080],
    secret = {},
  }: RunOptions) {
    const name = `trimtab-test-${randomBytes(4).toString('hex')}`;
    const folders: string[] = [];
    const options = ports.flatMap((port) => ['--publish', `127.0.0.1::${port}`]);
    if (manifest !== undefined) options.push(...confine(manifest, folders, secret));
    for (const [key, value] of Object.entries(env)) options.push('--env', `${key}=${value}`);
    for (const [to, from] of Object.entries(mounts)) options.push('--volume', `${path.resolve(from)}:${to}:ro`);
    podman('run', '--detach', '--name', name, ...SETUP!.limits, ...options, SETUP!.image, ...args);
    return new Container(name, folders);
  }

  /** host:port by which a port of the container is reached. */
  address(port = 8080): string {
    return podman('port', this.name, String(port)).split('\n')[0]!;
  }

  get url(): string {
    return `http://${this.address()}`;
  }

  /** What a command inside says; it fails where the command does. */
  exec(...command: string[]): string {
    return podman('exec', this.name, ...command);
  }

  logs(): string {
    const { stdout, stderr } = ask('logs', this.name);
    return stdout + stderr;
  }

  get state(): { running: boolean; exitCode: number; outOfMemory: boolean } {
    const { Running, ExitCode, OOMKilled } = JSON.parse(podman('inspect', '--format', '{{json .State}}', this.name));
    return { running: Running, exitCode: ExitCode, outOfMemory: OOMKilled };
  }

  /** Until the server says that it is ready; fails when it has ended. */
  async ready(): Promise<void> {
    for (;;) {
      if (!this.state.running) throw new Error(`the container ended: ${this.logs()}`);
      const answer = await fetch(`${this.url}/v2/health/ready`).catch(() => undefined);
      if (answer?.status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** SIGTERM, and SIGKILL after the grace period; as a cluster stops a pod. */
  stop(graceSeconds: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = spawn('podman', [...SETUP!.podman, 'stop', '--time', String(graceSeconds), this.name]);
      child.once('error', reject);
      child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`podman stop ended with ${code}`))));
    });
  }

  /** Until it ends by itself. @returns its status */
  async ended(): Promise<number> {
    return Number(podman('wait', this.name));
  }

  remove(): void {
    podman('rm', '--force', '--time', '0', this.name);
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
  }
}

function confine(manifest: Manifest, folders: string[], secret: Readonly<Record<string, string>>): string[] {
  const [container] = manifest.containers;
  const options = ['--security-opt', 'no-new-privileges', '--memory', container.resources.limits.memory.toLowerCase()];
  const memory = options.at(-1)!;
  options.push('--memory-swap', memory);
  for (const name of container.securityContext.capabilities.drop) options.push('--cap-drop', name);
  // A file system to write to is one that the manifest mounts, and none that podman adds.
  if (container.securityContext.readOnlyRootFilesystem) options.push('--read-only', '--read-only-tmpfs=false');
  const { runAsUser, runAsGroup, fsGroup } = manifest.securityContext!;
  options.push('--user', `${runAsUser}:${runAsGroup}`, '--group-add', String(fsGroup));
  for (const { name, mountPath } of container.volumeMounts ?? []) {
    const volume = manifest.volumes?.find((each) => each.name === name);
    if (volume?.emptyDir === undefined && volume?.secret === undefined)
      throw new Error(`volume ${name} is neither an emptyDir nor a secret`);
    // What the kubelet makes of it: root's, and writable for the group of the pod; of a secret its files, for the group.
    const folder = mkdtempSync(path.join(tmpdir(), 'trimtab-volume-'));
    chownSync(folder, 0, fsGroup);
    chmodSync(folder, 0o2777);
    folders.push(folder);
    for (const [file, text] of Object.entries(volume.secret === undefined ? {} : secret)) {
      const at = path.join(folder, file);
      writeFileSync(at, text);
      chownSync(at, 0, fsGroup);
      chmodSync(at, volume.secret!.defaultMode);
    }
    options.push('--volume', `${folder}:${mountPath}${volume.secret === undefined ? '' : ':ro'}`);
  }
  return options;
}

function ask(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync('podman', [...SETUP!.podman, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
}

function podman(...args: string[]): string {
  const { status, stdout, stderr } = ask(...args);
  if (status !== 0) throw new Error(`podman ${args.join(' ')} ended with ${status}: ${stderr.slice(-1_000)}`);
  return stdout.trim();
}
