import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Capture } from '../../../core/captures/capture.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import type { Command } from '../../../core/registry/commands.ts';
import { decide } from '../../../core/registry/decide.ts';
import type { HttpRequest, HttpResponse } from '../../../core/serving/http.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { readSignature } from '../../../platform/onnx/model.ts';
import type { Home } from '../../../platform/ports.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { Endpoint, type EndpointOptions } from '../../../usecases/serving/endpoint.ts';

export const FIXTURES = path.resolve('test/fixtures/onnx');

/** Manifests for the fixtures. */
export const PIPELINE = {
  name: 'pipeline',
  contract: {
    features: [
      { name: 'carrier', type: 'string', allowed: ['AA', 'B6', 'UA'] },
      { name: 'distance', type: 'float', min: 0, max: 5000 },
      { name: 'temperature', type: 'float', min: -50, max: 50, missing: 'allow', onViolation: 'clamp' },
    ],
  },
  decision: { task: 'binary', output: 'probabilities', column: 1 },
};
export const TREE = {
  name: 'tree',
  contract: {
    features: Array.from({ length: 30 }, (_, i) => ({
      name: `f${i}`,
      type: 'float',
      min: -100,
      max: 100,
      input: 'features',
      index: i,
    })),
  },
  decision: { task: 'binary', output: 'probabilities', column: 1 },
};
export const INT64 = {
  name: 'int64',
  contract: {
    features: [
      { name: 'a', type: 'integer', input: 'numbers', index: 0 },
      { name: 'b', type: 'integer', input: 'numbers', index: 1 },
      { name: 'id', type: 'integer', input: 'ids' },
    ],
  },
};
export const KINDS = { name: 'kinds', contract: { features: [] } };
export const BROKEN = { name: 'broken', contract: { features: [] } };

/** A local home in a temporary folder whose ledger and artifacts can be taken away, and an endpoint on it. */
export class ServingFixture {
  readonly lines: string[] = [];
  /** What the ledger does from now on. */
  ledger: 'up' | 'down' | 'silent' = 'up';
  /** Every download of a model. */
  downloads = 0;
  private readonly endpoints: Endpoint[] = [];

  private constructor(
    readonly folder: string,
    readonly real: Home,
  ) {}

  static async open(): Promise<ServingFixture> {
    const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-infer-'));
    return new ServingFixture(folder, await openLocalHome(path.join(folder, 'home')));
  }

  /** The home as the endpoint sees it. */
  get home(): Home {
    const { real } = this;
    const guarded = async <T>(read: () => Promise<T>): Promise<T> => {
      if (this.ledger === 'down') throw new Error('connect ECONNREFUSED');
      if (this.ledger === 'silent') await new Promise(() => undefined);
      return read();
    };
    return {
      ...real,
      ledger: {
        latest: (model) => guarded(() => real.ledger.latest(model)),
        version: (model, version) => guarded(() => real.ledger.version(model, version)),
        models: () => guarded(() => real.ledger.models()),
        entries: (model, range) => real.ledger.entries(model, range),
        versions: (model) => real.ledger.versions(model),
        records: (model) => real.ledger.records(model),
        append: (entry, version) => real.ledger.append(entry, version),
      },
      artifacts: {
        get: (key) => {
          if (key.startsWith('models/')) this.downloads++;
          return real.artifacts.get(key);
        },
        download: (key, to, version) => {
          this.downloads++;
          return real.artifacts.download(key, to, version);
        },
        head: (key) => real.artifacts.head(key),
        put: (key, body, options) => real.artifacts.put(key, body, options),
        upload: (key, from, options) => real.artifacts.upload(key, from, options),
        list: (prefix, options) => real.artifacts.list(prefix, options),
        delete: (key, options) => real.artifacts.delete(key, options),
        writes: (prefix) => real.artifacts.writes(prefix),
        erase: (key, options) => real.artifacts.erase(key, options),
      },
    };
  }

  get registry(): Registry {
    return new Registry(this.real, 'test');
  }

  /** Registers a fixture under a manifest and approves it; `edit` changes the file's bytes' length harmlessly. */
  async register(manifest: { name: string }, fixture: string, salt = ''): Promise<number> {
    const folder = await modelFolder(this.folder, manifest, fixture, salt);
    const { version } = await this.registry.register(folder, await readSignature(path.join(folder, 'model.onnx')));
    await this.apply(manifest.name, { type: 'approve', version: version.version, reason: 'test' });
    return version.version;
  }

  async apply(model: string, command: Command): Promise<void> {
    await this.registry.apply(model, command);
  }

  /** Puts a version with another contract into the ledger, past the registry's own look at it. */
  async plant(model: string, features: unknown[]): Promise<number> {
    const { ledger, clock } = this.real;
    const first = (await ledger.version(model, 1))!;
    const { state } = (await ledger.latest(model))!;
    const version = state.latest + 1;
    const entry = decide(
      state,
      { type: 'register', version, reason: 'test' },
      { model, at: clock.now().toISOString(), actor: 'test' },
    );
    await ledger.append(entry, {
      ...first,
      version,
      manifest: Manifest.parse({ ...first.manifest, contract: { features } }),
    });
    await this.apply(model, { type: 'approve', version, reason: 'test' });
    await this.apply(model, { type: 'release', version, reason: 'test' });
    return version;
  }

  /** Registers, approves and releases. */
  async release(manifest: { name: string }, fixture: string, salt?: string): Promise<number> {
    const version = await this.register(manifest, fixture, salt);
    await this.apply(manifest.name, { type: 'release', version, reason: 'test' });
    return version;
  }

  async endpoint(options: Partial<EndpointOptions> = {}): Promise<Endpoint> {
    const endpoint = await Endpoint.open({
      home: this.home,
      models: 'all',
      cacheFolder: path.join(this.folder, 'cache'),
      refreshSeconds: 3600,
      ledgerTimeoutSeconds: 0.2,
      emit: (line) => this.lines.push(line),
      // However slow this machine is, every request has its copy.
      mirror: { budgetMs: Number.POSITIVE_INFINITY },
      ...options,
    });
    this.endpoints.push(endpoint);
    return endpoint;
  }

  /** The lines so far that carry a metric, newest last. */
  metric(name: string): Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line)).filter((line) => '_aws' in line && name in line);
  }

  captures(): Capture[] {
    return this.lines
      .map((line) => JSON.parse(line))
      .filter((line) => line.trimtab === 'capture')
      .map((line) => Capture.parse(line));
  }

  async close(): Promise<void> {
    for (const endpoint of this.endpoints) await endpoint.close();
    await this.real.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Makes a model folder of a fixture. @param salt gives the file a digest of its own */
export async function modelFolder(root: string, manifest: object, fixture: string, salt = ''): Promise<string> {
  const folder = await mkdtemp(path.join(root, 'model-'));
  const file = path.join(folder, 'model.onnx');
  await copyFile(path.join(FIXTURES, `${fixture}.onnx`), file);
  // A metadata_props entry (field 14 of ModelProto) with a value of its own gives the file another digest.
  if (salt !== '') await writeFile(file, metadata(salt), { flag: 'a' });
  await writeFile(path.join(folder, 'model.json'), JSON.stringify(manifest));
  return folder;
}

/** A StringStringEntryProto {key: "salt", value} as ModelProto's field 14. */
function metadata(value: string): Buffer {
  const field = (tag: number, text: string) => Buffer.concat([Buffer.from([tag, text.length]), Buffer.from(text)]);
  const entry = Buffer.concat([field(0x0a, 'salt'), field(0x12, value)]);
  return Buffer.concat([Buffer.from([0x72, entry.length]), entry]);
}

export const request = (
  method: string,
  at: string,
  body: unknown = '',
  headers: Record<string, string> = {},
): HttpRequest => ({
  method,
  path: at,
  query: {},
  headers,
  body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
});

export const read = (response: HttpResponse) => ({
  status: response.status,
  headers: response.headers,
  body: JSON.parse(response.body as string),
});

/** A v1 request for the pipeline. */
export const ROW = { carrier: 'B6', distance: 1500, temperature: null };

/** A v1 row for the example of flights. */
export const FLIGHT = {
  carrier: 'B6',
  origin: 'JFK',
  dest: 'BOS',
  distance: 187,
  departure_minute: 1095,
  weekday: 5,
  origin_departures: 28,
  origin_delay: 42,
  origin_overdue: 310,
  carrier_delay: 31,
  temp: 71,
  humid: 88,
  wind_speed: 15,
  wind_gust: null,
  precip: 0.2,
  visib: 3,
  seats: null,
};
