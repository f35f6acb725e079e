import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** An object of the API, as a manifest has it. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

export interface Applied {
  readonly status: number;
  /** The object as it is kept, or what is wrong with it. */
  readonly body: Record<string, unknown> & { message?: string };
  /** What a user of kubectl would be warned of. */
  readonly warnings: string[];
}

interface RunningServer {
  readonly port: number;
  readonly token: string;
  readonly certificate: Buffer;
  readonly folder: string;
  readonly processes: readonly ChildProcess[];
}

/** An API server of Kubernetes with nothing behind it: it checks and keeps objects, and runs none. */
export class ApiServer {
  private constructor(private readonly running: RunningServer) {}

  /** @param programs folder of kube-apiserver and etcd */
  static async start(programs: string): Promise<ApiServer> {
    const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-kubernetes-'));
    const [port, etcdPort, peerPort] = [await freePort(), await freePort(), await freePort()];
    const token = randomBytes(16).toString('hex');
    const at = (name: string) => path.join(folder, name);
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    await writeFile(at('accounts.key'), privateKey);
    await writeFile(at('accounts.pub'), publicKey);
    await writeFile(at('tokens.csv'), `${token},admin,admin,system:masters\n`);
    const etcd = `http://127.0.0.1:${etcdPort}`;
    const peer = `http://127.0.0.1:${peerPort}`;
    const processes = [
      run(path.join(programs, 'etcd'), at('etcd.log'), {
        name: 'default',
        'data-dir': at('etcd'),
        'listen-client-urls': etcd,
        'advertise-client-urls': etcd,
        'listen-peer-urls': peer,
        'initial-advertise-peer-urls': peer,
        'initial-cluster': `default=${peer}`,
      }),
      run(path.join(programs, 'kube-apiserver'), at('apiserver.log'), {
        'etcd-servers': etcd,
        'bind-address': '127.0.0.1',
        'secure-port': String(port),
        'cert-dir': at('certificates'),
        'authorization-mode': 'RBAC',
        'token-auth-file': at('tokens.csv'),
        'service-account-issuer': 'https://kubernetes.default.svc',
        'service-account-key-file': at('accounts.pub'),
        'service-account-signing-key-file': at('accounts.key'),
        'service-cluster-ip-range': '10.96.0.0/16',
      }),
    ];
    try {
      // Made by the server itself as it starts.
      const certificate = await eventually(processes, () => readFile(at('certificates/apiserver.crt')));
      const server = new ApiServer({ port, token, certificate, folder, processes });
      await eventually(processes, async () => {
        const { status } = await server.call('GET', '/readyz');
        if (status !== 200) throw new Error(`readiness is ${status}`);
      });
      return server;
    } catch (error) {
      for (const each of processes) each.kill('SIGKILL');
      throw new Error(`${(error as Error).message}: ${(await readFile(at('apiserver.log'), 'utf8')).slice(-2_000)}`);
    }
  }

  /** Applies a manifest as `kubectl apply --server-side --validate=strict` does. */
  async apply(resource: Resource): Promise<Applied> {
    const where = await this.pathOf(resource);
    return this.call('PATCH', `${where}?fieldManager=test&fieldValidation=Strict&force=true`, resource);
  }

  async close(): Promise<void> {
    for (const child of [...this.running.processes].reverse()) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    await rm(this.running.folder, { recursive: true, force: true });
  }

  /** Where the API says that objects of this kind are. */
  private async pathOf({ apiVersion, kind, metadata }: Resource): Promise<string> {
    const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { body } = await this.call('GET', group);
    const resources = (body.resources ?? []) as { name: string; kind: string; namespaced: boolean }[];
    const found = resources.find((each) => each.kind === kind && !each.name.includes('/'));
    if (found === undefined) throw new Error(`the server has no ${kind} of ${apiVersion}`);
    const namespace = found.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
    return `${group}${namespace}/${found.name}/${metadata.name}`;
  }

  private call(method: string, target: string, body?: unknown): Promise<Applied> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: this.running.port,
          path: target,
          method,
          ca: this.running.certificate,
          headers: {
            authorization: `Bearer ${this.running.token}`,
            accept: 'application/json',
            ...(body === undefined ? {} : { 'content-type': 'application/apply-patch+yaml' }),
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            const warnings = incoming.headersDistinct.warning ?? [];
            resolve({
              status: incoming.statusCode!,
              body: text.startsWith('{') ? JSON.parse(text) : { text },
              warnings,
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function run(program: string, log: string, flags: Readonly<Record<string, string>>): ChildProcess {
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk: Buffer) => void writeFile(log, chunk, { flag: 'a' }));
  }
  return child;
}

/** Tries until it works, or until a process has ended. */
async function eventually<T>(processes: readonly ChildProcess[], what: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await what();
    } catch (error) {
      const ended = processes.find(({ exitCode }) => exitCode !== null);
      if (ended !== undefined)
        throw new Error(`${path.basename(ended.spawnfile)} ended with ${ended.exitCode}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
