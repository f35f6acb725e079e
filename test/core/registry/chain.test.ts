import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { canonical } from '../../../core/registry/canonical.ts';
import { compareKept, linksTo, type StoredRecord, verifyChain } from '../../../core/registry/chain.ts';
import { Entry } from '../../../core/registry/ledger.ts';
import { versionRecord } from '../../platform/contract/record.ts';
import { histories, play } from './arbitraries.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A history as the registry writes it: each entry linked to the one before it, registrations to their records. */
function written(commands: Parameters<typeof play>[0]): { entries: Entry[]; records: StoredRecord[] } {
  const entries: Entry[] = [];
  const records: StoredRecord[] = [];
  for (const entry of play(commands).entries) {
    const record = entry.kind === 'registered' ? versionRecord('m', entry.version!) : undefined;
    if (record) records.push({ version: record.version, stored: record });
    entries.push({ ...entry, ...linksTo(entries.at(-1), record, digest) });
  }
  return { entries, records };
}

const faults = (entries: readonly Entry[], records: readonly StoredRecord[]) =>
  verifyChain(entries, records, digest).faults;

describe('the chain of a ledger', () => {
  it('has no fault as long as everything is as it was written', () => {
    fc.assert(
      fc.property(histories, (commands) => {
        const { entries, records } = written(commands);
        // As it comes back from a store.
        const read = JSON.parse(JSON.stringify(entries)) as Entry[];
        const report = verifyChain(
          read.map((entry) => Entry.parse(entry)),
          records,
          digest,
        );
        expect(report).toMatchObject({ faults: [], entries: entries.length });
        expect(report.head).toBe(digest(canonical(entries.at(-1))));
      }),
      { numRuns: 50 },
    );
  });

  it('finds every entry but the last that was replaced, whatever was changed in it', () => {
    fc.assert(
      fc.property(
        histories,
        fc.nat(),
        fc.constantFrom<Partial<Entry>>(
          { actor: 'mallory' },
          { reason: 'nothing to see' },
          { at: '2020-01-01T00:00:00.000Z' },
        ),
        (commands, pick, change) => {
          const { entries, records } = written(commands);
          const at = pick % (entries.length - 1);
          const tampered = entries.with(at, { ...entries[at]!, ...change });
          expect(faults(tampered, records).map(({ entry }) => entry)).toContain(at + 1);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('finds entries that were removed, and those that were put in their place without a link', () => {
    fc.assert(
      fc.property(histories, fc.nat(), (commands, pick) => {
        const { entries, records } = written(commands);
        const at = 1 + (pick % (entries.length - 2));
        expect(faults(entries.toSpliced(at, 1), records)).toContainEqual({ entry: at + 1, fault: 'it is missing' });
        const { previous: _, ...unlinked } = entries[at]!;
        expect(faults(entries.with(at, unlinked), records)).not.toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  const register = [1, 2].flatMap((version) => [
    { type: 'register', version, reason: 'r' } as const,
    { type: 'approve', version, reason: 'r' } as const,
    { type: 'release', version, reason: 'r' } as const,
  ]);

  it('vouches for the records of versions, too', () => {
    const { entries, records } = written(register);
    const swapped = { ...versionRecord('m', 1), artifact: versionRecord('m', 2).artifact, registeredBy: 'mallory' };
    expect(faults(entries, [{ version: 1, stored: swapped }, records[1]!])).toEqual([
      { entry: 1, fault: 'the record of version 1 is not what it registered' },
    ]);
    expect(faults(entries, records.slice(1))).toEqual([{ entry: 1, fault: 'the record of version 1 is missing' }]);
    expect(faults(entries, [...records, { version: 3, stored: versionRecord('m', 3) }])).toEqual([
      { entry: 0, fault: 'version 3 was never registered' },
    ]);
  });

  it('finds an entry without a link and a registration without its record, even where no entry has any', () => {
    const { entries } = play(register);
    const records = [1, 2].map((version) => ({ version, stored: versionRecord('m', version) }));
    const found = faults(entries, records).map(({ entry }) => entry);
    expect(found).toEqual(expect.arrayContaining(entries.map(({ number }) => number)));
  });

  it('finds by the releases that are kept elsewhere what a chain rewritten to its end hides', () => {
    const { entries, records } = written(register);
    const versions = [versionRecord('m', 1), versionRecord('m', 2)];
    const kept = entries.slice(2).map(({ state }) => ({ state, versions: [versions[0]!] }));
    expect(compareKept(entries, versions, kept)).toEqual([]);
    const forged: Entry[] = [];
    for (const { previous: _, ...entry } of entries) {
      const changed = entry.number === 3 ? { ...entry, state: { ...entry.state, champion: 2 } } : entry;
      forged.push({ ...changed, ...linksTo(forged.at(-1), undefined, digest) });
    }
    expect(faults(forged, records)).toEqual([]);
    expect(compareKept(forged, versions, kept)).toEqual([
      { entry: 3, fault: 'its state is not the release that is kept of it' },
    ]);
    expect(compareKept(entries.slice(0, -1), versions, kept)).toEqual([
      { entry: 6, fault: 'it is missing, and the release of it is kept' },
    ]);
    expect(compareKept(entries, [{ ...versions[0]!, registeredBy: 'mallory' }], kept.slice(0, 1))).toEqual([
      { entry: 3, fault: 'the record of version 1 is not the one that is kept with it' },
    ]);
  });

  it('is of what was written, so that entries have no defaults: a later program would read more into them', () => {
    const text = JSON.stringify(z.toJSONSchema(Entry, { unrepresentable: 'any', io: 'output' }));
    expect(text).not.toContain('"default"');
  });
});

describe('canonical', () => {
  it('does not depend on the order of members, and keeps everything JSON keeps', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value = JSON.parse(text) as unknown;
        expect(JSON.parse(canonical(value))).toEqual(value);
      }),
    );
    expect(canonical({ b: [1, { d: 'ü', c: null }], a: undefined, A: 1e21 })).toBe(
      '{"A":1e+21,"b":[1,{"c":null,"d":"ü"}]}',
    );
    expect(canonical({ x: 1, y: { z: 2, a: 3 } })).toBe(canonical({ y: { a: 3, z: 2 }, x: 1 }));
  });
});
