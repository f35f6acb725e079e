import * as z from 'zod';
import { Digest } from '../model/names.ts';
import { canonical } from './canonical.ts';
import type { Entry, ReleaseState } from './ledger.ts';
import type { ModelVersion } from './version.ts';
import { Vouching } from './vouching.ts';

/** SHA-256 of a text, lower-case hexadecimal. */
export type DigestOf = (text: string) => string;

/**
 * The record of a version as it was stored. Digests are of this, not of the parsed record, to which a later version of
 * the program may add defaults.
 */
export interface StoredRecord {
  readonly version: number;
  readonly stored: unknown;
}

/** Digests that link an entry to the one before it, and to the version record that is written with it. */
export type Links = Pick<Entry, 'previous' | 'record'>;

/** A fault in a ledger that appending cannot cause: something was changed or removed. */
export const ChainFault = z.strictObject({
  entry: z.int().min(0).describe('Number of the entry that was changed or is missing; 0 where no entry is about it.'),
  fault: z.string().describe('What is wrong with it.'),
});
export type ChainFault = z.infer<typeof ChainFault>;

/** Result of verifying the whole ledger of a model. */
export const ChainReport = z.strictObject({
  entries: z.int().min(0).describe('Entries that were looked at.'),
  head: Digest.nullable().describe('Digest of the last entry, which stands for all before it; null without entries.'),
  faults: z.array(ChainFault).describe('Empty when everything is as it was written.'),
  sealedFrom: z
    .int()
    .min(1)
    .nullable()
    .describe('From this entry on all have a seal by the key of the home; null where the home has no key.'),
  vouched: Vouching.nullable().describe('Who vouched for the entries before that have no seal; null where nobody did.'),
  anchored: z.int().min(0).describe('Entries that were held against an anchor that is kept of them.'),
  unanchored: z
    .array(z.int().min(1))
    .describe(
      'Entries of which an anchor should be kept and is not, as after a full disk; their removal may not be found.',
    ),
  strays: z
    .array(z.string())
    .describe('Files beside the entries that are none, such as copies; they count for nothing.'),
});
export type ChainReport = z.infer<typeof ChainReport>;

/** Links of an entry that is about to be appended: to the last entry, and to the record of the version it registers. */
export const linksTo = (last: Entry | undefined, record: unknown, digest: DigestOf): Links => ({
  ...(last === undefined ? {} : { previous: digest(canonical(last)) }),
  ...(record === undefined ? {} : { record: digest(canonical(record)) }),
});

/**
 * Verifies that a ledger is as it was appended: numbers have no gap, and entries and version records still have the
 * digests that later entries carry of them. A change of the last entry is not found here, because no entry comes after
 * it, nor one together with all digests after it: seals and anchors are for that.
 *
 * @param entries in order of their numbers
 */
export function verifyChain(
  entries: readonly Entry[],
  records: readonly StoredRecord[],
  digest: DigestOf,
): Pick<ChainReport, 'entries' | 'head' | 'faults'> {
  const faults: ChainFault[] = [];
  let expected = 1;
  for (const [i, entry] of entries.entries()) {
    const { number, previous } = entry;
    for (; expected < number; expected++) faults.push({ entry: expected, fault: 'it is missing' });
    expected = number + 1;
    if (entry.state.revision !== number)
      faults.push({ entry: number, fault: `its state is of revision ${entry.state.revision}` });
    const before = entries[i - 1];
    if (before?.number !== number - 1) continue;
    if (previous === undefined) faults.push({ entry: number, fault: 'it carries no digest of the entry before it' });
    else if (previous !== digest(canonical(before)))
      faults.push({ entry: before.number, fault: `it is not what it was when entry ${number} was appended` });
  }
  return {
    entries: entries.length,
    head: entries.length === 0 ? null : digest(canonical(entries.at(-1)!)),
    faults: [...faults, ...recordFaults(entries, records, digest)].sort((a, b) => a.entry - b.entry),
  };
}

function recordFaults(entries: readonly Entry[], records: readonly StoredRecord[], digest: DigestOf): ChainFault[] {
  const faults: ChainFault[] = [];
  const announced = new Map(entries.filter(({ kind }) => kind === 'registered').map((entry) => [entry.version, entry]));
  for (const { version, stored } of records) {
    const entry = announced.get(version);
    if (entry === undefined) faults.push({ entry: 0, fault: `version ${version} was never registered` });
    else if (entry.record !== digest(canonical(stored)))
      faults.push({ entry: entry.number, fault: `the record of version ${version} is not what it registered` });
  }
  for (const [version, { number }] of announced)
    if (!records.some((record) => record.version === version))
      faults.push({ entry: number, fault: `the record of version ${version} is missing` });
  return faults;
}

/** A release as it is kept where nobody can overwrite it. */
interface Kept {
  readonly state: ReleaseState;
  readonly versions: readonly ModelVersion[];
}

/**
 * Compares a ledger with the snapshots of its releases. It finds what {@link verifyChain} cannot: an entry that was
 * changed together with the digests of all entries after it.
 *
 * @param versions records of the ledger, parsed as those of `kept` were
 */
export function compareKept(
  entries: readonly Entry[],
  versions: readonly ModelVersion[],
  kept: readonly Kept[],
): ChainFault[] {
  const faults: ChainFault[] = [];
  const differ = (a: unknown, b: unknown): boolean => canonical(a) !== canonical(b);
  for (const { state, versions: then } of kept) {
    const entry = state.revision;
    const found = entries.find(({ number }) => number === entry);
    if (found === undefined) faults.push({ entry, fault: 'it is missing, and the release of it is kept' });
    else if (differ(found.state, state))
      faults.push({ entry, fault: 'its state is not the release that is kept of it' });
    for (const record of then)
      if (
        differ(
          record,
          versions.find(({ version }) => version === record.version),
        )
      )
        faults.push({ entry, fault: `the record of version ${record.version} is not the one that is kept with it` });
  }
  return faults;
}
