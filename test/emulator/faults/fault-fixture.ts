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
import { modelFolder, read, request } from '../../fixtures/serving-fixture.ts';
import { createResources } from '../resources.ts';
import { AcknowledgedWrites } from './acknowledged-writes.ts';
import { FaultProxy } from './fault-proxy.ts';

/** Address of the emulator, before fixtures replace it by their proxies. */
const EMULATOR = process.env.AWS_ENDPOINT_URL;

/** An AWS home on the emulator behind a proxy that injects faults. */
export class FaultFixture {
  readonly writes = new AcknowledgedWrites();
  /** Lines that endpoints emitted. */
  readonly lines: string[] = [];
  readonly #homes: Home[] = [];
  readonly #endpoints: Endpoint[] = [];

  private constructor(
    readonly folder: string,
    readonly proxy: FaultProxy,
    /** What a function, or another process, finds the home by. */
    readonly env: NodeJS.ProcessEnv,
    /** Its acknowledged writes are recorded. */
    readonly home: Home,
  ) {
    this.#homes.push(home);
  }

  /** Address of the emulator itself. */
  get emulator(): string {
    return EMULATOR!;
  }

  static async open(): Promise<FaultFixture> {
    if (EMULATOR === undefined) throw new Error('no emulator: run this by npm run test:aws-home');
    Object.assign(process.env, { AWS_ENDPOINT_URL: EMULATOR, AWS_ENDPOINT_URL_S3: EMULATOR });
    const resources = await createResources();
    const proxy = await FaultProxy.before(EMULATOR);
    const env = { ...resources, AWS_ENDPOINT_URL: proxy.url, AWS_ENDPOINT_URL_S3: proxy.url };
    const home = await openThrough(proxy, env);
    const fixture = new FaultFixture(await mkdtemp(path.join(tmpdir(), 'trimtab-faults-')), proxy, env, home);
    Object.assign(fixture, { home: fixture.writes.record(home) });
    return fixture;
  }

  /** Opens the home once more, with connections of its own; its writes are recorded, too. */
  async openHome(): Promise<Home> {
    const home = await openThrough(this.proxy, this.env);
    this.#homes.push(home);
    return this.writes.record(home);
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
      home: await this.openHome(),
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
  async expectAllStored(consumed?: RegExp): Promise<void> {
    this.proxy.clear();
    await this.writes.expectAllStored(await this.openHome(), consumed);
  }

  async close(): Promise<void> {
    for (const endpoint of this.#endpoints) await endpoint.close();
    for (const home of this.#homes) await home.close();
    await this.proxy.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Opens a home whose clients have the proxy's address: they look for it in the process's environment, at first use. */
async function openThrough(proxy: FaultProxy, env: NodeJS.ProcessEnv): Promise<Home> {
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
