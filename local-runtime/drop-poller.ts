import type { ObjectInfo, ObjectStore } from '../platform/ports.ts';

/** What is known of a file from the last poll. */
interface Seen {
  readonly mark: string;
  /** When it was first seen as it is, by this machine's clock. */
  readonly since: number;
}

export interface DropPollerOptions {
  readonly prefix: string;
  /**
   * Seconds for which a file that is written in place must not change before it counts as whole: uploads pause. One that
   * was moved into place, or has not changed for so long already, is whole at once.
   */
  readonly quietSeconds: number;
  /** Files that were reported in an earlier life, by their keys: etags. */
  readonly known?: ReadonlyMap<string, string>;
  /** @default that of this machine */
  readonly now?: () => number;
}

/**
 * Finds objects that were created or replaced under a prefix, in place of S3's events. An object is reported once it is
 * whole, because a file that is being copied into the folder grows.
 */
export class DropPoller {
  readonly #store: ObjectStore;
  readonly #prefix: string;
  readonly #quietMs: number;
  readonly #now: () => number;
  #seen = new Map<string, Seen>();
  readonly #reported: Map<string, string>;
  /** When objects that were forgotten may be found again, by this machine's clock. */
  readonly #pausing = new Map<string, number>();

  constructor(store: ObjectStore, { prefix, quietSeconds, known, now = Date.now }: DropPollerOptions) {
    this.#store = store;
    this.#prefix = prefix;
    this.#quietMs = quietSeconds * 1_000;
    this.#reported = new Map(known);
    this.#now = now;
  }

  /** Lists the prefix. @returns the new objects that are whole */
  async poll(): Promise<ObjectInfo[]> {
    const found: ObjectInfo[] = [];
    const seen = new Map<string, Seen>();
    for await (const info of this.#store.list(this.#prefix)) {
      if (this.#reported.get(info.key) === info.etag) continue;
      if (this.#now() < (this.#pausing.get(info.key) ?? 0)) continue;
      this.#pausing.delete(info.key);
      const before = this.#seen.get(info.key);
      const unchanged = before?.mark === info.etag ? before : undefined;
      const now = unchanged ?? { mark: info.etag, since: this.#now() };
      seen.set(info.key, now);
      if (unchanged === undefined || !this.#isWhole(info, now)) continue;
      this.#reported.set(info.key, info.etag);
      found.push(info);
    }
    this.#seen = seen;
    return found;
  }

  /** Lets an object that was reported be found again, after a pause. @param pauseMs milliseconds */
  forget({ key }: ObjectInfo, pauseMs: number): void {
    this.#reported.delete(key);
    this.#pausing.set(key, this.#now() + pauseMs);
  }

  #isWhole({ whole, modifiedAt }: ObjectInfo, { since }: Seen): boolean {
    // Seen twice alike: what was moved into place is whole, and so is what nobody has touched for long.
    if (whole !== false) return true;
    const now = this.#now();
    return now - since >= this.#quietMs || now - modifiedAt.getTime() >= this.#quietMs;
  }
}
