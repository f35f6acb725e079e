import { type Capture, isKeptWhole, rowId } from '../../core/captures/capture.ts';
import { hourOf } from '../../core/quality/hour-tallies.ts';
import { fraction } from '../../core/serving/hash.ts';
import type { Variant } from '../../core/serving/variant.ts';
import type { Home } from '../../platform/ports.ts';
import { predictionReader } from '../ground-truth/captured-prediction.ts';
import type { VersionRules } from '../quality/version-rules.ts';
import { readWhole } from './hour-sources.ts';
import type { AskedRow } from './version-asker.ts';

/** A row of an answered request. */
export interface CapturedRow {
  readonly id: string;
  readonly request: string;
  /** When the shares last changed before it. */
  readonly since: string;
  readonly unit: string | null;
  readonly features: AskedRow;
  /** What the suspect said of it. */
  readonly score: number | null;
  readonly probabilities?: readonly number[] | undefined;
}

/** A request that failed, or was answered slowly. */
export interface WholeRequest {
  readonly id: string;
  /** When the shares last changed before it. */
  readonly since: string;
  readonly rows: readonly AskedRow[];
}

/** What is asked again of one hour of a version, at most; drawn evenly where there is more. */
const MAX_ROWS = 10_000;
/** Of rows whose truth is known, besides. */
const MAX_TRUE_ROWS = 5_000;
const MAX_FAILED = 10_000;
const MAX_SLOW = 50;
const SEED = 0x5e91a7;

/** Requests of a version in one hour that are asked again, and how many there were. */
export interface HourRequests {
  /** Of each: when the shares last changed before it. */
  readonly requests: readonly string[];
  /** The same of those whose inputs are not kept as they were. */
  readonly notReplayable: readonly string[];
  readonly answered: readonly CapturedRow[];
  /** Rows whose truth is known; some are among those answered. */
  readonly labelled: readonly CapturedRow[];
  readonly failed: readonly WholeRequest[];
  readonly slow: readonly WholeRequest[];
}

export interface HourQuery {
  readonly model: string;
  readonly version: number;
  readonly variant: Variant;
  readonly hour: string;
  /** When the shares last changed before a request; undefined for one that is none of this release. */
  readonly stretchOf: (capture: Capture) => string | undefined;
  readonly slowMs: number;
  readonly rules: VersionRules | undefined;
  /** How a row's features are had again; undefined for a row that cannot be. */
  readonly open: (capture: Capture, row: number) => AskedRow | undefined;
  /** Whether a prediction's truth is known. */
  readonly hasTruth: (id: string) => boolean;
}

/**
 * Reads the requests of a version in one hour. Those that named a version or were their callers' fault are left out,
 * and of what was sent again, or is the same row of the same caller, all but one.
 */
export async function hourRequests(
  home: Pick<Home, 'captures'>,
  objects: readonly string[],
  query: HourQuery,
): Promise<HourRequests> {
  const found = new Selection(query);
  for (const key of objects)
    for (const capture of await readWhole(home, key)) {
      const { model, version, variant, at, named, failed } = capture;
      if (model !== query.model || version !== query.version || variant !== query.variant) continue;
      if (named || failed === 'caller' || hourOf(at) !== query.hour) continue;
      const since = query.stretchOf(capture);
      if (since !== undefined) found.add(capture, since);
    }
  return found.result();
}

class Selection {
  readonly #requests = new Map<string, string>();
  readonly #lines = new Set<string>();
  readonly #rows = new Set<string>();
  readonly #failedRows = new Set<string>();
  readonly #lost = new Map<string, string>();
  readonly #answered = new Draw<CapturedRow>(MAX_ROWS);
  readonly #labelled = new Draw<CapturedRow>(MAX_TRUE_ROWS);
  readonly #failed = new Draw<WholeRequest>(MAX_FAILED);
  readonly #slow = new Draw<WholeRequest>(MAX_SLOW);

  constructor(private readonly query: HourQuery) {}

  add(capture: Capture, since: string): void {
    const { id, first } = capture;
    const line = `${id}#${first ?? ''}`;
    if (this.#lines.has(line)) return;
    this.#lines.add(line);
    this.#requests.set(id, since);
    if (capture.failed === undefined) this.#addAnswered(capture, since);
    else this.#addFailed(capture, since);
  }

  result(): HourRequests {
    return {
      requests: [...this.#requests.values()],
      notReplayable: [...this.#lost.values()],
      answered: this.#answered.drawn(),
      labelled: this.#labelled.drawn(),
      failed: this.#failed.drawn(),
      slow: this.#slow.drawn(),
    };
  }

  #addAnswered(capture: Capture, since: string): void {
    const { query } = this;
    const { id, rows: n } = capture;
    const read = predictionReader(capture, query.rules);
    const rows: AskedRow[] = [];
    for (let row = 0; row < n; row++) {
      const { kept } = read(row);
      if (kept.digest !== undefined && isKnown(this.#rows, kept.digest)) continue;
      const features = this.#open(capture, row, since);
      if (features === undefined) continue;
      rows.push(features);
      const { score, probabilities, unit = id } = kept;
      const own: CapturedRow = { id: rowId(capture, row), request: id, since, unit, features, score, probabilities };
      this.#answered.offer(own.id, own);
      if (query.hasTruth(own.id)) this.#labelled.offer(own.id, own);
    }
    // A request that is spread over several lines is timed as a whole, and known in parts.
    if (capture.ms > query.slowMs && capture.first === undefined && rows.length === n)
      this.#slow.offer(id, { id, since, rows });
  }

  #addFailed(capture: Capture, since: string): void {
    const { id, rows: n } = capture;
    const read = predictionReader(capture, this.query.rules);
    const rows: AskedRow[] = [];
    let repeated = 0;
    for (let row = 0; row < n; row++) {
      const { digest } = read(row).kept;
      if (digest !== undefined && isKnown(this.#failedRows, digest)) repeated++;
      const features = this.#open(capture, row, since);
      if (features === undefined) return;
      rows.push(features);
    }
    if (repeated < n) this.#failed.offer(id, { id, since, rows });
  }

  #open(capture: Capture, row: number, since: string): AskedRow | undefined {
    const features = this.query.open(capture, row);
    if (features !== undefined && Object.values(features).every(isWholeCell)) return features;
    this.#lost.set(capture.id, since);
    return undefined;
  }
}

const isWholeCell = (value: unknown): boolean =>
  (typeof value !== 'string' && typeof value !== 'number') || isKeptWhole(value);

function isKnown(known: Set<string>, digest: string): boolean {
  if (known.has(digest)) return true;
  known.add(digest);
  return false;
}

/** So many of what it is offered, drawn by their ids: whatever order they come in, and whoever draws, they are the same. */
class Draw<T> {
  #held: { readonly place: number; readonly item: T }[] = [];
  #limit = Number.POSITIVE_INFINITY;

  constructor(private readonly most: number) {}

  offer(id: string, item: T): void {
    const place = fraction(id, SEED);
    if (place >= this.#limit) return;
    this.#held.push({ place, item });
    if (this.#held.length >= 2 * this.most) this.#cut();
  }

  drawn(): T[] {
    this.#cut();
    return this.#held.map(({ item }) => item);
  }

  #cut(): void {
    this.#held.sort((a, b) => a.place - b.place);
    if (this.#held.length <= this.most) return;
    this.#held.length = this.most;
    this.#limit = this.#held.at(-1)!.place;
  }
}
