import type { ModelVersion } from '../../core/registry/version.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import type { ReleaseSnapshot } from '../../platform/snapshot-schema.ts';
import { modelsWithSnapshots, newestSnapshot } from '../../platform/snapshots.ts';
import { withTimeout } from '../../platform/with-timeout.ts';
import type { ArtifactCache } from './artifact-cache.ts';

export interface LastKnownOptions {
  readonly cache: ArtifactCache;
  readonly artifacts: Pick<ObjectStore, 'list' | 'get'>;
  /** How long the artifact store may take. */
  readonly timeoutMs: number;
  /** How long after a look at the artifact store there is another, while something is served. */
  readonly intervalMs: number;
  readonly onError: (message: string, error: unknown) => void;
}

/**
 * What is served while the ledger cannot be read: the releases that this endpoint kept on disk, and those that the
 * registry keeps in the artifact store, which does not fail together with the ledger.
 */
export class ReleaseCache {
  /** Model -> when the artifact store was last looked at. */
  private readonly looked = new Map<string, number>();

  constructor(private readonly options: LastKnownOptions) {}

  /** Names of all models of which a release is known. */
  async models(): Promise<string[]> {
    const { cache, artifacts } = this.options;
    const [onDisk, kept] = await Promise.all([cache.models(), this.look(modelsWithSnapshots(artifacts))]);
    return [...new Set([...onDisk, ...(kept ?? [])])].sort();
  }

  /**
   * The newest release that is known of a model, if it is newer than the one that is served.
   *
   * @param revision of what is served; 0 when nothing is
   */
  async newest(model: string, revision: number): Promise<ReleaseSnapshot | undefined> {
    const { cache, artifacts, intervalMs } = this.options;
    if (revision > 0 && performance.now() - (this.looked.get(model) ?? Number.NEGATIVE_INFINITY) < intervalMs)
      return undefined;
    this.looked.set(model, performance.now());
    const onDisk = revision > 0 ? undefined : await cache.recall(model);
    const kept = await this.look(newestSnapshot(artifacts, model, onDisk?.state.revision ?? revision));
    return kept ?? onDisk;
  }

  /** A version's record, which never changes, from the newest snapshot. */
  async version(model: string, version: number): Promise<ModelVersion | undefined> {
    const kept = await this.look(newestSnapshot(this.options.artifacts, model));
    return kept?.versions.find((record) => record.version === version);
  }

  private async look<T>(looking: Promise<T>): Promise<T | undefined> {
    const { timeoutMs, onError } = this.options;
    try {
      return await withTimeout(timeoutMs, 'the artifact store', looking);
    } catch (error) {
      onError('the releases kept beside the ledger cannot be read', error);
      return undefined;
    }
  }
}
