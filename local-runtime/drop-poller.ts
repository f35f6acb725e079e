import type { ObjectInfo, ObjectStore } from '../platform/ports.ts';

/**
 * Finds objects that were created or replaced under a prefix, as S3's events would tell. An object counts once it has
 * kept its size between two looks, because a person copies a file into the folder bit by bit.
 */
export class DropPoller {
  readonly #store: ObjectStore;
  readonly #prefix: string;
  readonly #seen = new Map<string, string>();
  readonly #told = new Map<string, string>();

  constructor(store: ObjectStore, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  /** Objects that are new since the last look and at rest. */
  async look(): Promise<ObjectInfo[]> {
    const found: ObjectInfo[] = [];
    for await (const info of this.#store.list(this.#prefix)) {
      const mark = `${info.bytes} ${info.modifiedAt.getTime()}`;
      const atRest = this.#seen.get(info.key) === mark;
      this.#seen.set(info.key, mark);
      if (!atRest || this.#told.get(info.key) === mark) continue;
      this.#told.set(info.key, mark);
      found.push(info);
    }
    return found;
  }
}
