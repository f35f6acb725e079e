import * as z from 'zod';
import { Digest, ModelName } from '../model/names.ts';
import { canonical } from './canonical.ts';
import type { ChainFault, DigestOf } from './chain.ts';
import { VouchingError } from './errors.ts';
import type { Entry, EntrySeal } from './ledger.ts';
import { Vouching } from './vouching.ts';

/** A key of a home that entries are sealed with. */
export interface LedgerKey {
  /** Names the key, and tells nothing of it. */
  readonly id: string;
  /** HMAC-SHA-256 of a text, lower-case hexadecimal. */
  mac(text: string): string;
}

/** What a model's ledger was when its home got a key, or when somebody vouched for it: entries until then have no seal. */
const Before = z.strictObject({
  model: ModelName,
  entries: z.int().min(1),
  head: Digest,
  vouched: Vouching.optional(),
});

/**
 * Of which entries it is true that they have no seal: written when a home makes its key, or by a person who vouches for
 * them. Whoever strips the seals off others does not fit it, and cannot make another.
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
  /** Who vouched for those before; null where nobody did. */
  readonly vouched: Vouching | null;
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
 * The record of which entries are older than the key, with what somebody vouches for of a model: the entries before the
 * first one that has a seal.
 *
 * @returns undefined when no entry of the model is without a seal that is due
 * @throws VouchingError when the home has no key, or the record that is there was not written with it
 */
export function vouchedFor(
  entries: readonly Entry[],
  { keys, unsealed }: SealBook,
  vouched: Vouching,
  digest: DigestOf,
): Unsealed | undefined {
  const [key] = keys;
  if (key === undefined) throw new VouchingError('there is no key: it is made with the next entry, or give one');
  if (unsealed !== undefined && !isGenuine(unsealed, keys))
    throw new VouchingError(
      'the record of which entries are older than the key is not what was written: find out who wrote it, restore or remove it',
    );
  const last = unsealedAtFirst(entries).at(-1);
  const known = unsealed?.models ?? [];
  if (last === undefined || known.some(({ model, entries: until }) => model === last.model && until >= last.number))
    return undefined;
  const before = { model: last.model, entries: last.number, head: digest(canonical(last)), vouched };
  const models = [...known.filter(({ model }) => model !== last.model), before];
  return { key: key.id, models, mac: key.mac(textOfUnsealed(key.id, models)) };
}

/** Entries before the first one that has a seal. */
function unsealedAtFirst(entries: readonly Entry[]): readonly Entry[] {
  const first = entries.findIndex(({ seal }) => seal !== undefined);
  return first === -1 ? entries : entries.slice(0, first);
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
    if (sealed === undefined && unsealed === undefined) return { sealedFrom: null, vouched: null, faults: [] };
    const from = sealed?.number ?? 0;
    return {
      sealedFrom: sealed?.number ?? null,
      vouched: null,
      faults: [{ entry: from, fault: 'the key it was sealed with is gone' }],
    };
  }
  if (unsealed !== undefined && !isGenuine(unsealed, keys)) {
    const fault = 'the record of which entries are older than the key is not what was written';
    return { sealedFrom: sealed?.number ?? null, vouched: null, faults: [{ entry: 0, fault }] };
  }
  // Without a record nothing is taken for older than the key, whoever gave it: a person has to say so.
  const atFirst = unsealed === undefined ? unsealedAtFirst(entries).length : 0;
  if (atFirst > 0) {
    const after = entries.slice(atFirst);
    const from = after[0]?.number ?? entries.at(-1)!.number + 1;
    const fault = `entries before ${from} have no seal, and nobody has vouched for them`;
    return { sealedFrom: from, vouched: null, faults: [{ entry: from - 1, fault }, ...faultsOf(after, keys, from)] };
  }
  const before = unsealed?.models.find((each) => each.model === model);
  const faults: ChainFault[] = [];
  if (before !== undefined) {
    const last = entries.find(({ number }) => number === before.entries);
    if (last === undefined)
      faults.push({ entry: before.entries, fault: 'it is missing, and was there before the key' });
    else if (digest(canonical(last)) !== before.head)
      faults.push({ entry: before.entries, fault: 'it is not what it was when it was taken for older than the key' });
  }
  const sealedFrom = (before?.entries ?? 0) + 1;
  faults.push(...faultsOf(entries, keys, sealedFrom));
  return { sealedFrom, vouched: before?.vouched ?? null, faults };
}

function faultsOf(entries: readonly Entry[], keys: readonly LedgerKey[], sealedFrom: number): ChainFault[] {
  return entries.flatMap((entry) => {
    const fault = faultOf(entry, keys, entry.number >= sealedFrom);
    return fault === undefined ? [] : [{ entry: entry.number, fault }];
  });
}

function isGenuine(unsealed: Unsealed | null, keys: readonly LedgerKey[]): unsealed is Unsealed {
  if (unsealed === null) return false;
  const key = keys.find(({ id }) => id === unsealed.key);
  return key?.mac(textOfUnsealed(unsealed.key, unsealed.models)) === unsealed.mac;
}

/** Whether an entry has a seal by one of some keys, and is what was sealed. */
export const isSealedWith = (entry: Entry, keys: readonly LedgerKey[]): boolean =>
  faultOf(entry, keys, true) === undefined;

function faultOf(entry: Entry, keys: readonly LedgerKey[], isDue: boolean): string | undefined {
  const { seal } = entry;
  if (seal === undefined) return isDue ? 'it has no seal' : undefined;
  const key = keys.find(({ id }) => id === seal.key);
  if (key === undefined) return `it is sealed with the key ${seal.key}, which is not here`;
  return key.mac(textOf(entry)) === seal.mac ? undefined : 'it is not what was sealed';
}
