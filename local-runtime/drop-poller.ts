import type { ObjectInfo, ObjectStore } from '../platform/ports.ts';

/**
 * Finds objects that were created or replaced under a prefix, in place of S3's events. An object is reported once its
 * size and time have not changed between two polls, because a file that is being copied into the folder grows.
 */
export class DropPoller {
  readonly #store: ObjectStore;
  readonly #prefix: string;
  readonly #marks = new Map<string, string>();
  readonly #reported = new Map<string, string>();

  constructor(store: ObjectStore, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  /** Lists the prefix. @returns the new objects whose size and time are those of the last poll */
  async poll(): Promise<ObjectInfo[]> {
    const found: ObjectInfo[] = [];
    for await (const info of this.#store.list(this.#prefix)) {
      const mark = `${info.bytes} ${info.modifiedAt.getTime()}`;
      const unchanged = this.#marks.get(info.key) === mark;
      this.#marks.set(info.key, mark);
      if (!unchanged || this.#reported.get(info.key) === mark) continue;
      this.#reported.set(info.key, mark);
      found.push(info);
    }
    return found;
  }
}
