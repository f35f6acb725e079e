import type { Entry } from '../../core/registry/ledger.ts';
import type { Ledger } from '../../platform/ports.ts';

/** Entries read at first while going back, and then twice as many each time. */
const CHUNK = 5;

/** A stretch of a ledger that ends with its last entry, or with one before. */
export interface LedgerPage {
  /** In order. */
  readonly entries: Entry[];
  /** How many there are before the first of these. */
  readonly earlier: number;
}

/**
 * The last entries, without reading those before.
 *
 * @param limit how many
 * @param before number of the entry that they end before. @default behind the last
 */
export async function readLastEntries(
  ledger: Pick<Ledger, 'latest' | 'entries'>,
  model: string,
  { limit, before = Number.POSITIVE_INFINITY }: { readonly limit: number; readonly before?: number | undefined },
): Promise<LedgerPage> {
  const to = Math.min(before - 1, (await ledger.latest(model))?.number ?? 0);
  const from = Math.max(1, to - limit + 1);
  return { entries: to < 1 ? [] : await collect(ledger.entries(model, { from, to })), earlier: Math.max(0, from - 1) };
}

/** All entries since an instant in order, and the last one in any case; empty when there is none. */
export async function readEntriesSince(
  ledger: Pick<Ledger, 'latest' | 'entries'>,
  model: string,
  since: Date,
): Promise<Entry[]> {
  const latest = await ledger.latest(model);
  if (latest === undefined) return [];
  const isRecent = ({ at }: Entry): boolean => Date.parse(at) >= since.getTime();
  let found = [latest];
  let from = latest.number;
  for (let size = CHUNK; from > 1 && isRecent(found[0]!); size *= 2) {
    const to = from - 1;
    from = Math.max(1, from - size);
    found = [...(await collect(ledger.entries(model, { from, to }))), ...found];
  }
  return found.filter((entry) => entry === latest || isRecent(entry));
}

/**
 * The last entry at or before an instant, whose state was in force then. Entries are in the order of their times, so it
 * is searched for by halves.
 *
 * @param at ISO 8601
 * @returns undefined when nothing had happened then
 */
export async function readEntryAt(
  ledger: Pick<Ledger, 'latest' | 'entries'>,
  model: string,
  at: string,
): Promise<Entry | undefined> {
  const then = Date.parse(at);
  const latest = await ledger.latest(model);
  if (latest === undefined || Date.parse(latest.at) <= then) return latest;
  let found: Entry | undefined;
  let [low, high] = [1, latest.number - 1];
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    const entry = await firstThere(ledger, model, middle, high);
    if (entry !== undefined && Date.parse(entry.at) <= then) {
      found = entry;
      low = entry.number + 1;
    } else high = middle - 1;
  }
  return found;
}

/** Where an entry is missing, the next one that is there tells as much. */
async function firstThere(
  ledger: Pick<Ledger, 'entries'>,
  model: string,
  from: number,
  to: number,
): Promise<Entry | undefined> {
  for (let number = from; number <= to; number++)
    for await (const entry of ledger.entries(model, { from: number, to: number })) return entry;
  return undefined;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
