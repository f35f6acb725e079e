import type { ObjectInfo, ObjectStore } from '../platform/ports.ts';

/**
 * Names that programs give to what they have not yet finished, and change when they have: browsers, clients of FTP and
 * SFTP, download managers, editors. Names with a dot in front, as rsync's, are no objects at all.
 */
const UNFINISHED_NAME =
  /(\.(part|partial|crdownload|download|opdownload|filepart|tmp|temp|swp|aria2|upload|uploading)|~)$/i;

/** What is known of a file from the last poll. */
interface Seen {
  readonly mark: string;
  /** When it was first seen as it is, by this machine's clock. */
  readonly since: number;
  /** The file under the name that was seen being written in place; undefined where none was. */
  readonly written: string | undefined;
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
  /** Which of some keys a program still writes to, with the number of its process. @default none */
  readonly writersOf?: (keys: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  /** Is told once of a file that has not changed for long, and is not taken for whole all the same. */
  readonly waits?: (key: string, why: string) => void;
  /** @default that of this machine */
  readonly now?: () => number;
}

/**
 * An object as it is without what a change of its file's mode or owner says: it looks like a move into place, and is none
 * where the very file was being written under this name before.
 */
const withoutMode = (info: ObjectInfo, before: Seen | undefined): ObjectInfo =>
  before?.written !== undefined && before.written === info.file ? { ...info, whole: false } : info;

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
  readonly #writersOf: NonNullable<DropPollerOptions['writersOf']>;
  readonly #waits: NonNullable<DropPollerOptions['waits']>;
  /** Keys and marks of files that somebody was told of. */
  readonly #told = new Map<string, string>();

  constructor(
    store: ObjectStore,
    { prefix, quietSeconds, known, writersOf, waits, now = Date.now }: DropPollerOptions,
  ) {
    this.#store = store;
    this.#prefix = prefix;
    this.#quietMs = quietSeconds * 1_000;
    this.#reported = new Map(known);
    this.#writersOf = writersOf ?? (async () => new Map());
    this.#waits = waits ?? (() => undefined);
    this.#now = now;
  }

  /** Lists the prefix. @returns the new objects that are whole */
  async poll(): Promise<ObjectInfo[]> {
    const quiet: ObjectInfo[] = [];
    const seen = new Map<string, Seen>();
    for await (const listed of this.#store.list(this.#prefix)) {
      const before = this.#seen.get(listed.key);
      const info = withoutMode(listed, before);
      if (this.#reported.get(info.key) === info.etag) {
        if (before !== undefined) seen.set(info.key, before);
        continue;
      }
      if (this.#now() < (this.#pausing.get(info.key) ?? 0)) continue;
      this.#pausing.delete(info.key);
      const unchanged = before?.mark === info.etag ? before : undefined;
      const written = info.whole === false ? info.file : undefined;
      const now = { mark: info.etag, since: unchanged?.since ?? this.#now(), written };
      seen.set(info.key, now);
      if (unchanged === undefined || !this.#isWhole(info, now)) continue;
      if (UNFINISHED_NAME.test(info.key))
        this.#tell(info, 'it has the name of an upload that is not finished: rename it when it is');
      else quiet.push(info);
    }
    this.#seen = seen;
    return quiet.length === 0 ? [] : this.#finished(quiet);
  }

  /** Those that nobody writes to: an upload may pause for any time. */
  async #finished(quiet: readonly ObjectInfo[]): Promise<ObjectInfo[]> {
    const writers = await this.#writersOf(quiet.map(({ key }) => key));
    return quiet.filter((info) => {
      const pid = writers.get(info.key);
      if (pid === undefined) this.#reported.set(info.key, info.etag);
      else this.#tell(info, `process ${pid} still has it open for writing`);
      return pid === undefined;
    });
  }

  #tell({ key, etag }: ObjectInfo, why: string): void {
    if (this.#told.get(key) === etag) return;
    this.#told.set(key, etag);
    this.#waits(key, why);
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
