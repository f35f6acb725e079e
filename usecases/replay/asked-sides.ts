import { rm } from 'node:fs/promises';
import type { ModelVersion } from '../../core/registry/version.ts';
import { loadIsolated } from '../../platform/onnx/worker/isolated-model.ts';
import { mostMemoryMb } from '../../platform/onnx/worker/memory-limit.ts';
import type { WorkerEntry } from '../../platform/onnx/worker/worker-process.ts';
import type { Home } from '../../platform/ports.ts';
import { makeTemporaryFolder } from '../../platform/temporary-folder.ts';
import type { LoadModel } from '../quality/asked-version.ts';
import { VersionAsker } from './version-asker.ts';

/** How versions are asked. */
export interface AskingOptions {
  /** What runs models in processes of their own. */
  readonly entry: WorkerEntry;
  /** How long one run of a model may take before it counts as lost; milliseconds. @default 5,000 */
  readonly runTimeoutMs?: number | undefined;
}

/** Two versions, loaded when they are first asked, each in a process of its own. */
export class AskedSides {
  #opened: Promise<[VersionAsker, VersionAsker]> | undefined;
  #folder: string | undefined;

  constructor(
    private readonly home: Pick<Home, 'artifacts'>,
    private readonly records: readonly [ModelVersion, ModelVersion],
    private readonly options: AskingOptions,
  ) {}

  /** @throws whatever keeps a file from being had that is no fault of a version */
  open(): Promise<[VersionAsker, VersionAsker]> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  async close(): Promise<void> {
    const sides = await this.#opened?.catch(() => []);
    await Promise.all((sides ?? []).map((side) => side.close()));
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  async #open(): Promise<[VersionAsker, VersionAsker]> {
    const folder = await makeTemporaryFolder('replay');
    this.#folder = folder;
    const { entry, runTimeoutMs: timeoutMs = 5_000 } = this.options;
    const load: LoadModel = (file, options) =>
      loadIsolated(file, options, { entry, timeoutMs, memoryMb: mostMemoryMb() });
    const [first, second] = await Promise.allSettled(
      this.records.map((record) => VersionAsker.open(this.home, record, { folder, load })),
    );
    if (first!.status === 'fulfilled' && second!.status === 'fulfilled') return [first!.value, second!.value];
    for (const side of [first!, second!]) if (side.status === 'fulfilled') await side.value.close();
    throw [first!, second!].find((side) => side.status === 'rejected')!.reason;
  }
}
