import type { CacheSettings } from '../manifest/cache.ts';
import type { TensorData } from '../model/tensor.ts';

type Outputs = Readonly<Record<string, TensorData>>;

interface Kept {
  readonly outputs: Outputs;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly bytes: number;
  /** Whose request brought it. */
  readonly owner: string;
}

/** What a request lets the cache do; {@link cacheUse} reads it from its headers. */
export interface CacheUse {
  /** Whether an answer that is kept, or being made for somebody else, will do. */
  readonly read: boolean;
  /** Whether the answer may be kept. */
  readonly write: boolean;
  /** Oldest answer that will do; milliseconds. */
  readonly maxAgeMs: number;
  /** Who asks, as far as that is known: nobody's answers take more than half of the cache. @default one for all of these */
  readonly caller?: string | undefined;
}

export interface Served {
  readonly outputs: Outputs;
  readonly hit: boolean;
}

/** What an entry takes beside its tensors: key, objects, the map's slot. */
const ENTRY_BYTES = 512;
/** Share of the cache that one caller's answers may take once it is full. */
const SHARE = 0.5;

/**
 * A cache of one model version's outputs by the digest of the input. It is bounded by number and by bytes, evicts the
 * least recently used, and never gives outputs older than the time to live. One caller's answers take
 * no more than half of it, where there are others: its own oldest go first. It stores no inputs.
 *
 * Outputs that `get` returns are shared and must not be changed.
 */
export class ResponseCache {
  /** Least recently used first, as a Map is ordered. */
  private readonly kept = new Map<string, Kept>();
  private readonly running = new Map<string, Promise<Outputs>>();
  private held = 0;
  /** By caller: keys of its answers, least recently used first, and their bytes. */
  private readonly owners = new Map<string, { readonly keys: Set<string>; bytes: number }>();

  constructor(private readonly settings: CacheSettings) {}

  get entries(): number {
    return this.kept.size;
  }

  /** Bytes held, about. */
  get bytes(): number {
    return this.held;
  }

  /**
   * The outputs kept under a key, else those of `run`, which then are kept. Callers that ask for the same while it runs
   * wait for that run, and share its failure; a failure is not kept.
   *
   * @param now milliseconds since 1970
   */
  async get(key: string, use: CacheUse, now: number, run: () => Promise<Outputs>): Promise<Served> {
    if (use.read) {
      const found = this.find(key, now, use.maxAgeMs);
      if (found !== undefined) return { outputs: found, hit: true };
      const running = this.running.get(key);
      if (running !== undefined) return { outputs: await running, hit: true };
    }
    if (!use.write) return { outputs: await run(), hit: false };
    const made = run();
    this.running.set(key, made);
    try {
      const outputs = await made;
      this.keep(key, outputs, { at: now, owner: use.caller ?? '' });
      return { outputs, hit: false };
    } finally {
      // A caller that would not wait may have begun a run of its own meanwhile.
      if (this.running.get(key) === made) this.running.delete(key);
    }
  }

  private find(key: string, now: number, maxAgeMs: number): Outputs | undefined {
    const found = this.kept.get(key);
    if (found === undefined) return undefined;
    const age = now - found.at;
    // A clock that was set back makes an answer as good as expired: how old it is cannot be said.
    if (age < 0 || age >= this.settings.ttlSeconds * 1000) {
      this.drop(key, found);
      return undefined;
    }
    if (age > maxAgeMs) return undefined;
    this.kept.delete(key);
    this.kept.set(key, found);
    const { keys } = this.owners.get(found.owner)!;
    keys.delete(key);
    keys.add(key);
    return found.outputs;
  }

  private keep(key: string, outputs: Outputs, { at, owner }: Pick<Kept, 'at' | 'owner'>): void {
    const { maxEntries, maxBytes } = this.settings;
    const before = this.kept.get(key);
    if (before !== undefined) this.drop(key, before);
    const entry = { outputs: compact(outputs), at, bytes: ENTRY_BYTES + bytesOf(outputs), owner };
    if (entry.bytes > maxBytes) return;
    this.kept.set(key, entry);
    this.held += entry.bytes;
    const own = this.owners.get(owner) ?? { keys: new Set<string>(), bytes: 0 };
    this.owners.set(owner, own);
    own.keys.add(key);
    own.bytes += entry.bytes;
    while (this.kept.size > maxEntries || this.held > maxBytes) {
      const greedy = own.keys.size > maxEntries * SHARE || own.bytes > maxBytes * SHARE;
      const oldest: string = (greedy ? own.keys : this.kept).keys().next().value!;
      this.drop(oldest, this.kept.get(oldest)!);
    }
  }

  private drop(key: string, { bytes, owner }: Kept): void {
    this.kept.delete(key);
    this.held -= bytes;
    const own = this.owners.get(owner)!;
    own.keys.delete(key);
    own.bytes -= bytes;
    if (own.keys.size === 0) this.owners.delete(owner);
  }
}

/** Tensors that are cut out of a larger block, such as a batch of several callers, would keep all of it alive. */
function compact(outputs: Outputs): Outputs {
  const own = ({ data }: TensorData): boolean => Array.isArray(data) || data.buffer.byteLength === data.byteLength;
  if (Object.values(outputs).every(own)) return outputs;
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [
      name,
      own(tensor) ? tensor : { ...tensor, data: tensor.data.slice() },
    ]),
  );
}

function bytesOf(outputs: Outputs): number {
  let bytes = 0;
  for (const { data } of Object.values(outputs))
    bytes += Array.isArray(data) ? data.reduce((sum, text) => sum + 24 + 2 * text.length, 0) : data.byteLength;
  return bytes;
}
