import type { StoredRecord } from '../../core/registry/chain.ts';
import { ReleaseConflictError } from '../../core/registry/errors.ts';
import { Entry } from '../../core/registry/ledger.ts';
import { ModelVersion } from '../../core/registry/version.ts';
import type { Ledger } from '../ports.ts';

interface Pages {
  readonly entries: Entry[];
  readonly versions: Map<number, ModelVersion>;
}

/** The ledger in memory: each number can be written once, as in its other homes. */
export class MemoryLedger implements Ledger {
  readonly #models = new Map<string, Pages>();

  async latest(model: string): Promise<Entry | undefined> {
    return this.#models.get(model)?.entries.at(-1);
  }

  async *entries(model: string, { from = 1, to = Number.MAX_SAFE_INTEGER } = {}): AsyncIterable<Entry> {
    for (const entry of this.#models.get(model)?.entries ?? [])
      if (entry.number >= from && entry.number <= to) yield entry;
  }

  async append(entry: Entry, version?: ModelVersion): Promise<void> {
    const { model, number } = entry;
    const pages = this.#models.get(model) ?? { entries: [], versions: new Map<number, ModelVersion>() };
    if (pages.entries.length !== number - 1) throw new ReleaseConflictError(model, number - 1, pages.entries.length);
    // Parsed as it would be when it is read again from a table or a file.
    pages.entries.push(Entry.parse(entry));
    if (version !== undefined) pages.versions.set(version.version, ModelVersion.parse(version));
    this.#models.set(model, pages);
  }

  async version(model: string, version: number): Promise<ModelVersion | undefined> {
    return this.#models.get(model)?.versions.get(version);
  }

  async *versions(model: string): AsyncIterable<ModelVersion> {
    yield* this.#models.get(model)?.versions.values() ?? [];
  }

  async *records(model: string): AsyncIterable<StoredRecord> {
    for (const [version, stored] of this.#models.get(model)?.versions ?? []) yield { version, stored };
  }

  async models(): Promise<string[]> {
    return [...this.#models.keys()].sort();
  }

  async strays(): Promise<[]> {
    return [];
  }
}
