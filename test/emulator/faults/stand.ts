import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from '../../../core/registry/commands.ts';
import type { Entry } from '../../../core/registry/ledger.ts';
import { openAwsHome } from '../../../platform/aws/home.ts';
import { readSignature } from '../../../platform/onnx/model.ts';
import type { Home } from '../../../platform/ports.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { Endpoint, type EndpointOptions } from '../../../usecases/serving/endpoint.ts';
import { modelFolder, read, request } from '../../usecases/serving/serving-fixture.ts';
import { createResources } from '../resources.ts';
import { FaultProxy } from './proxy.ts';
import { Witness } from './witness.ts';

/** Before stands put their proxies there. */
const EMULATOR = process.env.AWS_ENDPOINT_URL;

/** An AWS home on the emulator, every request to which goes through a proxy that can do it harm. */
export class FaultStand {
  readonly witness = new Witness();
  /** Lines that endpoints emitted. */
  readonly lines: string[] = [];
  readonly #homes: Home[] = [];
  readonly #endpoints: Endpoint[] = [];

  private constructor(
    readonly folder: string,
    readonly proxy: FaultProxy,
    /** What a function, or another process, finds the home by. */
    readonly env: NodeJS.ProcessEnv,
    /** Watched by the witness. */
    readonly home: Home,
  ) {
    this.#homes.push(home);
  }

  /** Address of the emulator itself. */
  get emulator(): string {
    return EMULATOR!;
  }

  static async open(): Promise<FaultStand> {
    if (EMULATOR === undefined) throw new Error('no emulator: run this by npm run test:aws-home');
    Object.assign(process.env, { AWS_ENDPOINT_URL: EMULATOR, AWS_ENDPOINT_URL_S3: EMULATOR });
    const resources = await createResources();
    const proxy = await FaultProxy.before(EMULATOR);
    const env = { ...resources, AWS_ENDPOINT_URL: proxy.url, AWS_ENDPOINT_URL_S3: proxy.url };
    const home = await through(proxy, env);
    const stand = new FaultStand(await mkdtemp(path.join(tmpdir(), 'trimtab-faults-')), proxy, env, home);
    Object.assign(stand, { home: stand.witness.watch(home) });
    return stand;
  }

  /** A further home at the same place, with connections of its own, watched too. */
  async another(): Promise<Home> {
    const home = await through(this.proxy, this.env);
    this.#homes.push(home);
    return this.witness.watch(home);
  }

  get registry(): Registry {
    return new Registry(this.home, 'test');
  }

  apply(model: string, command: Command): Promise<Entry> {
    return this.registry.apply(model, command);
  }

  /** Registers a fixture under a manifest, and approves it. */
  async register(manifest: { name: string }, fixture = 'pipeline', salt = '', approve = true): Promise<number> {
    const folder = await modelFolder(this.folder, manifest, fixture, salt);
    const signature = await readSignature(path.join(folder, 'model.onnx'));
    const { version } = await this.registry.register(folder, signature);
    if (approve) await this.apply(manifest.name, { type: 'approve', version: version.version, reason: 'test' });
    return version.version;
  }

  async release(manifest: { name: string }, fixture?: string, salt?: string): Promise<number> {
    const version = await this.register(manifest, fixture, salt);
    await this.apply(manifest.name, { type: 'release', version, reason: 'test' });
    return version;
  }

  /** An endpoint as a fresh execution environment has it: its folder is empty unless one is named. */
  async endpoint(options: Partial<EndpointOptions> = {}): Promise<Endpoint> {
    const endpoint = await Endpoint.open({
      home: await this.another(),
      models: 'all',
      cacheFolder: await mkdtemp(path.join(this.folder, 'cache-')),
      refreshSeconds: 3_600,
      ledgerTimeoutSeconds: 1,
      emit: (line) => this.lines.push(line),
      ...options,
    });
    this.#endpoints.push(endpoint);
    return endpoint;
  }

  /** The newest line that carries a metric. */
  metric(name: string): Record<string, unknown> | undefined {
    return this.lines.map((line) => JSON.parse(line)).findLast((line) => '_aws' in line && name in line);
  }

  /** Lifts all faults, and asks for everything that was acknowledged. */
  async expectAllKept(consumed?: RegExp): Promise<void> {
    this.proxy.clear();
    await this.witness.expectAllKept(await this.another(), consumed);
  }

  async close(): Promise<void> {
    for (const endpoint of this.#endpoints) await endpoint.close();
    for (const home of this.#homes) await home.close();
    await this.proxy.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Opens a home whose clients have the proxy's address: they look for it in the process's environment, at first use. */
async function through(proxy: FaultProxy, env: NodeJS.ProcessEnv): Promise<Home> {
  Object.assign(process.env, { AWS_ENDPOINT_URL: proxy.url, AWS_ENDPOINT_URL_S3: proxy.url });
  return openAwsHome(env);
}

/** Asks for a prediction of the fixture `pipeline`. */
export async function predict(endpoint: Endpoint, model = 'pipeline') {
  const row = { carrier: 'B6', distance: 1500, temperature: null };
  return read(await endpoint.handle(request('POST', `/v1/models/${model}:predict`, { instances: [row] })));
}

/** The version that answers; NaN when nobody does. */
export const served = async (endpoint: Endpoint, model?: string): Promise<number> =>
  Number((await predict(endpoint, model)).headers['x-trimtab-model-version']);
