import * as z from 'zod';
import { Digest, ModelName } from '../model/names.ts';
import { canonical } from './canonical.ts';
import type { ChainFault, DigestOf } from './chain.ts';
import type { Entry, EntrySeal } from './ledger.ts';

/** A key of a home that entries are sealed with. */
export interface LedgerKey {
  /** Names the key, and tells nothing of it. */
  readonly id: string;
  /** HMAC-SHA-256 of a text, lower-case hexadecimal. */
  mac(text: string): string;
}

/** What a model's ledger was when its home got a key: entries until then have no seal. */
const Before = z.strictObject({ model: ModelName, entries: z.int().min(1), head: Digest });

/**
 * Written once, when a home gets a key: of which entries it is true that they have no seal. Whoever strips the seals off
 * others does not fit it, and cannot make another.
 */
export const Unsealed = z.strictObject({ key: z.string(), models: z.array(Before), mac: Digest });
export type Unsealed = z.infer<typeof Unsealed>;

/** What the seals of a home are verified with. */
export interface SealBook {
  /** The key in use, and former ones; none where the home has no key. */
  readonly keys: readonly LedgerKey[];
  /** Undefined where there is none; null where it cannot be read. */
  readonly unsealed: Unsealed | null | undefined;
}

/** What is known of the seals of a ledger. */
export interface SealReport {
  /** From this entry on all have to have a seal; null where there is no key. */
  readonly sealedFrom: number | null;
  readonly faults: ChainFault[];
}

const textOf = ({ seal, ...entry }: Entry): string => `trimtab ledger entry v1\n${canonical(entry)}`;
const textOfUnsealed = (key: string, models: Unsealed['models']): string =>
  `trimtab ledger unsealed v1\n${canonical({ key, models })}`;

/** Seal of an entry: over all of it, the digest of the entry before it included, and so over all before it. */
export const sealOf = (entry: Entry, key: LedgerKey): EntrySeal => ({ key: key.id, mac: key.mac(textOf(entry)) });

/** @param last the last entries of all models of the home */
export function unsealedBy(key: LedgerKey, last: readonly Entry[], digest: DigestOf): Unsealed {
  const models = last.map((entry) => ({
    model: entry.model,
    entries: entry.number,
    head: digest(canonical(entry)),
  }));
  return { key: key.id, models, mac: key.mac(textOfUnsealed(key.id, models)) };
}

/**
 * Verifies the seals of a model's entries, which {@link verifyChain} does not look at: whoever can write all files of a
 * home and does not know its key can change no entry, leave none out but the last ones, and pass none off as older than
 * the key.
 */
export function verifySeals(
  model: string,
  entries: readonly Entry[],
  { keys, unsealed }: SealBook,
  digest: DigestOf,
): SealReport {
  const sealed = entries.find(({ seal }) => seal !== undefined);
  if (keys.length === 0) {
    if (sealed === undefined && unsealed === undefined) return { sealedFrom: null, faults: [] };
    const from = sealed?.number ?? 0;
    return {
      sealedFrom: sealed?.number ?? null,
      faults: [{ entry: from, fault: 'the key it was sealed with is gone' }],
    };
  }
  if (!isGenuine(unsealed, keys)) {
    const what = unsealed === undefined ? 'is missing' : 'is not what was written';
    const fault = `the record of which entries are older than the key ${what}`;
    return { sealedFrom: sealed?.number ?? null, faults: [{ entry: 0, fault }] };
  }
  const before = unsealed.models.find((each) => each.model === model);
  const faults: ChainFault[] = [];
  if (before !== undefined) {
    const last = entries.find(({ number }) => number === before.entries);
    if (last === undefined)
      faults.push({ entry: before.entries, fault: 'it is missing, and was there before the key' });
    else if (digest(canonical(last)) !== before.head)
      faults.push({ entry: before.entries, fault: 'it is not what it was when the home got its key' });
  }
  const sealedFrom = (before?.entries ?? 0) + 1;
  for (const entry of entries) {
    const fault = faultOf(entry, keys, entry.number >= sealedFrom);
    if (fault !== undefined) faults.push({ entry: entry.number, fault });
  }
  return { sealedFrom, faults };
}

function isGenuine(unsealed: SealBook['unsealed'], keys: readonly LedgerKey[]): unsealed is Unsealed {
  if (unsealed === undefined || unsealed === null) return false;
  const key = keys.find(({ id }) => id === unsealed.key);
  return key?.mac(textOfUnsealed(unsealed.key, unsealed.models)) === unsealed.mac;
}

function faultOf(entry: Entry, keys: readonly LedgerKey[], isDue: boolean): string | undefined {
  const { seal } = entry;
  if (seal === undefined) return isDue ? 'it has no seal' : undefined;
  const key = keys.find(({ id }) => id === seal.key);
  if (key === undefined) return `it is sealed with the key ${seal.key}, which is not here`;
  return key.mac(textOf(entry)) === seal.mac ? undefined : 'it is not what was sealed';
}
