import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What is kept of a version. */
export type VersionPart = 'models' | 'baselines' | 'rehearsals';

const KINDS: readonly VersionPart[] = ['models', 'baselines', 'rehearsals'];
/** A copy's name: the digest of its content. */
const COPY = /^([0-9a-f]{64})\.(onnx|json)$/;

/** A copy does not fit beside those that are in use. */
export class CacheFullError extends Error {
  override readonly name = 'CacheFullError';

  constructor(
    /** What it takes; bytes. */
    readonly bytes: number,
    /** What there may be of copies altogether; bytes. */
    readonly allowed: number,
    /** What is in use of it; bytes. */
    readonly inUse: number,
  ) {
    super(
      `a file of ${megabytes(bytes)} does not fit into the folder of model files, which may hold ${megabytes(allowed)}, ` +
        `${megabytes(inUse)} of them in use: give the endpoint a larger temporary folder (endpoint.temporaryMb), or serve less with it`,
    );
  }
}

interface Copy {
  readonly path: string;
  readonly digest: string;
  readonly bytes: number;
  /** When it was last asked for, milliseconds since 1970. */
  readonly usedAt: number;
}

/** A copy that is to be written. */
type Expected = Pick<Copy, 'digest' | 'bytes'>;

export interface CacheRoomOptions {
  /** What there may be of copies altogether; bytes. @default as much as the disk takes */
  readonly maxBytes?: number | undefined;
  /** Digests of what a release needs: none of these is removed. */
  readonly needed: () => Promise<ReadonlySet<string>>;
}

/**
 * Makes room in a folder of copies: what nobody needs goes, the least recently used first. What is being written counts
 * from the moment that there is room for it, so that several loads at once do not take the same.
 */
export class CacheRoom {
  /** Copies that are being written: digest -> bytes. */
  private readonly coming = new Map<string, number>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: CacheRoomOptions) {}

  /**
   * Writes a copy into a folder, once there is room for it. Where the disk is full before the folder's limit is reached,
   * everything that nobody needs goes, and it is tried once more.
   *
   * @throws CacheFullError
   */
  async fill<T>(folder: string, copy: Expected, write: () => Promise<T>): Promise<T> {
    const { maxBytes } = this.options;
    await this.inTurn(async () => {
      if (maxBytes !== undefined) await this.makeRoom(folder, maxBytes, copy);
      this.coming.set(copy.digest, copy.bytes);
    });
    try {
      return await write().catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') throw error;
        if (!(await this.inTurn(() => this.clear(folder)))) throw error;
        return write();
      });
    } finally {
      this.coming.delete(copy.digest);
    }
  }

  /** Two that make room at once would count the same copies. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }

  private async makeRoom(folder: string, allowed: number, { digest, bytes }: Expected): Promise<void> {
    const { kept, spare } = await this.sorted(folder, digest);
    const writing = [...this.coming.values()].reduce((sum, each) => sum + each, 0);
    let total = bytes + writing + sum(kept) + sum(spare);
    for (const copy of spare) {
      if (total <= allowed) return;
      await rm(copy.path, { force: true, recursive: true });
      total -= copy.bytes;
    }
    if (total > allowed) throw new CacheFullError(bytes, allowed, total - bytes);
  }

  /** Removes what nobody needs. @returns whether there was anything */
  private async clear(folder: string): Promise<boolean> {
    const { spare } = await this.sorted(folder);
    for (const { path } of spare) await rm(path, { force: true, recursive: true });
    return spare.length > 0;
  }

  /**
   * Copies that are needed, and those that are not, the least recently used first; without those that are being written.
   *
   * @param apart digest of one that is about to be written
   */
  private async sorted(folder: string, apart?: string): Promise<{ kept: Copy[]; spare: Copy[] }> {
    const needed = await this.options.needed();
    const copies = (await Promise.all(KINDS.map((kind) => copiesIn(join(folder, kind))))).flat();
    const there = copies.filter(({ digest }) => !this.coming.has(digest) && digest !== apart);
    return {
      kept: there.filter(({ digest }) => needed.has(digest)),
      spare: there.filter(({ digest }) => !needed.has(digest)).sort((a, b) => a.usedAt - b.usedAt),
    };
  }
}

const sum = (copies: readonly Copy[]): number => copies.reduce((total, { bytes }) => total + bytes, 0);

/** What is named as a copy is; anything else in the folder is not of the cache. */
async function copiesIn(folder: string): Promise<Copy[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.map(async (name): Promise<Copy | undefined> => {
      const digest = COPY.exec(name)?.[1];
      if (digest === undefined) return undefined;
      const path = join(folder, name);
      const info = await stat(path).catch(() => undefined);
      return info && { path, digest, bytes: info.size, usedAt: info.mtimeMs };
    }),
  );
  return found.filter((copy) => copy !== undefined);
}

const megabytes = (bytes: number): string =>
  `${(bytes / 1e6).toLocaleString('en-US', { maximumSignificantDigits: 3 })} MB`;
