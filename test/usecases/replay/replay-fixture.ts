import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hourFolder } from '../../../core/model/hour-folder.ts';
import { ReplayTally, replaysPrefix } from '../../../core/replay/replay-tally.ts';
import { type LocalHome, openLocalHome } from '../../../platform/local/home.ts';
import { readSignature } from '../../../platform/onnx/model.ts';
import { DeliveryStream } from '../../../server/captures/delivery-stream.ts';
import { serve } from '../../../server/http/http-server.ts';
import { joinGroundTruth } from '../../../usecases/ground-truth/join-ground-truth.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { Replay, type ReplayOptions } from '../../../usecases/replay/replay-releases.ts';
import { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { bundled } from '../../fixtures/bundled.ts';
import { FLOAT, INT64, model, node, tensor, valueInfo } from '../../fixtures/onnx/write.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** Gives the entry of a table that its input names; there is no answer about an entry that the table does not have. */
export const tableModel = (table: readonly number[], input = 'x'): Uint8Array =>
  model({
    nodes: [node('Gather', ['table', input], ['score'])],
    constants: [tensor('table', FLOAT, [table.length], Float32Array.from(table))],
    inputs: [valueInfo(input, INT64, ['n'])],
    outputs: [valueInfo('score', FLOAT, ['n'])],
  });

const MANIFEST = {
  name: 'table',
  contract: { features: [{ name: 'x', type: 'integer' }] },
  decision: { task: 'binary', output: 'score', column: 0 },
};

/** A local home with an endpoint behind HTTP, whose releases are asked again. */
export class ReplayFixture {
  readonly registry: Registry;

  private constructor(
    readonly folder: string,
    readonly home: LocalHome,
    private readonly serving: { url: string; endpoint: Endpoint; stream: DeliveryStream; close(): Promise<void> },
    private readonly worker: { readonly file: string; readonly libraries: string | undefined },
  ) {
    this.registry = new Registry(home, 'test');
  }

  static async open(): Promise<ReplayFixture> {
    const folder = temporaryFolder('replay');
    const home = await openLocalHome(path.join(folder, 'home'));
    const stream = new DeliveryStream(home, () => undefined);
    const endpoint = await Endpoint.open({
      home,
      models: 'all',
      cacheFolder: path.join(folder, 'cache'),
      refreshSeconds: 3600,
      emit: (line) => stream.write(line),
    });
    const { url, close } = await serve(endpoint, { port: 0, host: '127.0.0.1' });
    const libraries = process.env.NODE_PATH;
    const file = await bundled(folder, 'worker', 'platform/onnx/worker/entry.ts');
    return new ReplayFixture(folder, home, { url, endpoint, stream, close }, { file, libraries });
  }

  /** Registers and approves a graph. */
  async register(graph: Uint8Array, manifest: object = {}): Promise<number> {
    const folder = await this.modelFolder(graph, manifest);
    const signature = await readSignature(path.join(folder, 'model.onnx'));
    const { version } = (await this.registry.register(folder, signature)).version;
    await this.registry.apply('table', { type: 'approve', version, reason: 'test' });
    return version;
  }

  /** Makes a folder of a graph, as `trimtab register` takes it. */
  async modelFolder(graph: Uint8Array, manifest: object = {}): Promise<string> {
    const folder = path.join(this.folder, `model-${Math.random().toString(36).slice(2)}`);
    await mkdir(folder);
    await writeFile(path.join(folder, 'model.onnx'), graph);
    await writeFile(path.join(folder, 'model.json'), JSON.stringify({ ...MANIFEST, ...manifest }));
    return folder;
  }

  async release(version: number): Promise<void> {
    await this.registry.apply('table', { type: 'release', version, reason: 'test' });
    await this.serving.endpoint.refresh();
  }

  async canary(version: number): Promise<void> {
    await this.registry.apply('table', { type: 'start-canary', version, steps: [0.5, 1], reason: 'test' });
    await this.serving.endpoint.refresh();
  }

  /** Asks about each of some inputs in a request of its own. @returns ids with the status and version of each */
  async ask(inputs: readonly number[], headers: Record<string, string> = {}): Promise<{ id: string; x: number }[]> {
    const asked: { id: string; x: number }[] = [];
    for (const x of inputs) {
      const response = await fetch(`${this.serving.url}/v1/models/table:predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ instances: [{ x }] }),
      });
      await response.text();
      asked.push({ id: response.headers.get('x-request-id') ?? '', x });
    }
    await this.serving.stream.flush();
    return asked;
  }

  replay(options: Partial<ReplayOptions> = {}): Replay {
    return new Replay(this.home, { entry: { file: this.worker.file }, ...options });
  }

  async tallies(): Promise<ReplayTally[]> {
    const found: ReplayTally[] = [];
    for await (const { key } of this.home.data.list(replaysPrefix('table')))
      found.push(ReplayTally.parse(JSON.parse(new TextDecoder().decode(await this.home.data.get(key)))));
    return found;
  }

  /** Captures of a version, as they lie in the store. */
  async captured(version: number): Promise<{ id: string; x: number; failed: boolean; score: number }[]> {
    const found: { id: string; x: number; failed: boolean; score: number }[] = [];
    for await (const { key } of this.home.captures.list('captures/'))
      for (const line of new TextDecoder().decode(await this.home.captures.get(key)).split('\n')) {
        if (line === '') continue;
        const { id, version: own, features, failed, scores } = JSON.parse(line);
        if (own === version) found.push({ id, x: features.x[0], failed: failed !== undefined, score: scores?.[0] });
      }
    return found;
  }

  /** Puts a capture into the store that no request left. */
  async forge(version: number, capture: object): Promise<void> {
    const now = this.home.clock.now().toISOString();
    const id = `forged-${Math.random().toString(36).slice(2)}`;
    const line = { trimtab: 'capture', model: 'table', id, version, variant: 'challenger', at: now, rows: 1, ms: 5 };
    const folder = hourFolder(now);
    await this.home.captures.put(`captures/${folder}/${id}.jsonl`, `${JSON.stringify({ ...line, ...capture })}\n`);
  }

  /** Sends the truth of every captured prediction, as callers do, and joins it. */
  async joinTruths(truthOf: (row: { x: number }) => boolean): Promise<void> {
    const { champion } = await this.registry.state('table');
    const records = (await this.captured(champion!)).map(({ id, x }) => ({ id, truth: truthOf({ x }) }));
    await fetch(`${this.serving.url}/trimtab/v1/models/table/truth`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ records }),
    });
    await joinGroundTruth(this.home, this.home.clock.now());
  }

  async close(): Promise<void> {
    await this.serving.close();
    await this.serving.endpoint.close();
    await this.home.close();
    // Set by what bundles the worker; others share this process.
    if (this.worker.libraries === undefined) delete process.env.NODE_PATH;
    else process.env.NODE_PATH = this.worker.libraries;
  }
}
