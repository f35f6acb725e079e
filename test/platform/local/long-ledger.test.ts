import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { decide } from '../../../core/registry/decide.ts';
import { ReleaseConflictError, UnknownVersionError } from '../../../core/registry/errors.ts';
import { EMPTY_STATE, type Entry } from '../../../core/registry/ledger.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { FileLedger } from '../../../platform/local/ledger.ts';
import { readEntriesSince, readEntryAt, readLastEntries } from '../../../usecases/registry/read-history.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { describeStatus } from '../../../usecases/release/describe-status.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { versionRecord } from '../contract/record.ts';

const files = vi.hoisted(() => ({ read: 0, listed: 0 }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return {
    ...real,
    readFile: (...args: Parameters<typeof real.readFile>) => {
      if (String(args[0]).includes('/ledger/')) files.read++;
      return real.readFile(...args);
    },
    readdir: (async (...args: Parameters<typeof real.readdir>) => {
      const names = await real.readdir(...args);
      if (String(args[0]).includes('/ledger/')) files.listed += names.length;
      return names;
    }) as typeof real.readdir,
  };
});

const MODEL = 'm';
const instant = (number: number): string => new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString();
const nameOf = (number: number): string => `${String(number).padStart(9, '0')}.json`;

/** Versions are registered at the entries 1, 4 and the one before the last. */
function entriesOf(count: number): Entry[] {
  const entries: Entry[] = [];
  let state = EMPTY_STATE;
  for (let number = 1; number <= count; number++) {
    const command =
      [1, 4, count - 1].includes(number) && number <= count
        ? ({ type: 'register', version: state.latest + 1, reason: 'r' } as const)
        : ({ type: 'hold', because: 'infrastructure', version: 1, reason: 'r' } as const);
    const entry = decide(state, command, { model: MODEL, at: instant(number), actor: 'test' });
    entries.push(entry);
    state = entry.state;
  }
  return entries;
}

/** Writes files only, as a ledger was left that has been copied here without what only saves time. */
function writeFiles(root: string, entries: readonly Entry[]): void {
  const folder = path.join(root, 'ledger', MODEL);
  mkdirSync(folder, { recursive: true });
  for (const entry of entries) {
    const version = entry.kind === 'registered' ? versionRecord(MODEL, entry.version!) : undefined;
    writeFileSync(path.join(folder, nameOf(entry.number)), JSON.stringify({ entry, version }));
  }
}

async function count(work: () => Promise<unknown>): Promise<{ read: number; listed: number }> {
  files.read = 0;
  files.listed = 0;
  await work();
  return { ...files };
}

describe('A ledger on disk', () => {
  let root: string;
  beforeEach(() => {
    root = temporaryFolder('long-ledger');
  });
  const ledger = () => new FileLedger(path.join(root, 'ledger'));
  const pathOf = (name: string) => path.join(root, 'ledger', MODEL, name);

  it('of 10,000 entries costs a decision, the status and the last page of the history no more files than one of 10', async () => {
    const costs = [];
    for (const length of [10, 10_000]) {
      root = temporaryFolder('long-ledger');
      const entries = entriesOf(length);
      writeFiles(root, entries.slice(0, -2));
      for (const entry of entries.slice(-2))
        await ledger().append(entry, entry.kind === 'registered' ? versionRecord(MODEL, entry.version!) : undefined);
      const home = await openLocalHome(root);
      const registry = new Registry(home, 'test');
      costs.push({
        decide: await count(() =>
          registry.apply(MODEL, { type: 'hold', because: 'infrastructure', version: 1, reason: 'r' }),
        ),
        status: await count(() => describeStatus(home, registry)),
        page: await count(() => registry.lastEntries(MODEL, { limit: 5 })),
        answered: await count(() => registry.entriesSince(MODEL, new Date(instant(length)))),
      });
      await home.close();
    }
    const [short, long] = costs as [(typeof costs)[0], (typeof costs)[0]];
    expect(long).toEqual(short);
    expect(short.page).toEqual({ read: expect.any(Number), listed: 0 });
    expect(short.page.read).toBeLessThan(10);
  });

  it('finds a version that nothing points at in a handful of entries, and another one at once', async () => {
    const entries = entriesOf(2_000);
    writeFiles(root, entries.slice(0, -1));
    await ledger().append(entries.at(-1)!);
    for (const version of [1, 2, 3]) {
      const cost = await count(async () =>
        expect(await ledger().version(MODEL, version)).toEqual(versionRecord(MODEL, version)),
      );
      expect(cost.read).toBeLessThan(25);
      expect(cost.listed).toBe(0);
    }
    expect(await ledger().version(MODEL, 4)).toBeUndefined();
    const all = [];
    for await (const { version } of ledger().versions(MODEL)) all.push(version);
    expect(all).toEqual([1, 2, 3]);
  });

  it('is what its entries are, whatever stands where only time is to be saved', async () => {
    const entries = entriesOf(12);
    for (const [latest, version] of [
      ['', ''],
      ['7', '3'],
      ['13', '999'],
      ['999999999', '0'],
      ['12\n', '-1'],
      ['../../x', '1e9'],
      ['\0\0', '1.5'],
    ] as const) {
      root = temporaryFolder('long-ledger');
      writeFiles(root, entries);
      writeFileSync(pathOf('latest'), latest);
      for (const number of [1, 2, 3]) writeFileSync(pathOf(`version-${number}`), version);
      expect((await ledger().latest(MODEL))?.number).toBe(12);
      for (const number of [1, 2, 3]) expect((await ledger().version(MODEL, number))?.version).toBe(number);
      expect(await ledger().version(MODEL, 4)).toBeUndefined();
      expect(await ledger().models()).toEqual([MODEL]);
      await expect(ledger().append(entries[11]!)).rejects.toThrow(ReleaseConflictError);
    }
  });

  it('is read as it was cut off, or begun anew, under a process that knew more', async () => {
    const entries = entriesOf(12);
    for (const entry of entries)
      await ledger().append(entry, entry.kind === 'registered' ? versionRecord(MODEL, entry.version!) : undefined);
    const old = ledger();
    expect((await old.version(MODEL, 3))?.version).toBe(3);
    for (const number of [10, 11, 12]) rmSync(pathOf(nameOf(number)));
    expect((await old.latest(MODEL))?.number).toBe(9);
    expect(await old.version(MODEL, 3)).toBeUndefined();
    rmSync(path.join(root, 'ledger', MODEL), { recursive: true });
    expect(await old.latest(MODEL)).toBeUndefined();
    expect(await old.models()).toEqual([]);
    await old.append(entries[0]!, versionRecord(MODEL, 1));
    expect((await old.latest(MODEL))?.number).toBe(1);
    expect((await old.version(MODEL, 1))?.version).toBe(1);
  });

  it('passes over entries that are missing, and does not write their numbers again', async () => {
    const entries = entriesOf(12);
    for (const entry of entries)
      await ledger().append(entry, entry.kind === 'registered' ? versionRecord(MODEL, entry.version!) : undefined);
    for (const number of [4, 6, 8]) rmSync(pathOf(nameOf(number)));
    expect((await ledger().latest(MODEL))?.number).toBe(12);
    expect((await ledger().version(MODEL, 3))?.version).toBe(3);
    expect(await ledger().version(MODEL, 2)).toBeUndefined();
    const numbers = async (range?: { from?: number; to?: number }) => {
      const found = [];
      for await (const { number } of ledger().entries(MODEL, range)) found.push(number);
      return found;
    };
    expect(await numbers()).toEqual([1, 2, 3, 5, 7, 9, 10, 11, 12]);
    expect(await numbers({ from: 3, to: 9 })).toEqual([3, 5, 7, 9]);
    expect(await numbers({ from: 13 })).toEqual([]);
    expect((await readEntryAt(ledger(), MODEL, instant(6)))?.number).toBe(5);
  });

  it('says which entry is torn, and answers what does not need it', async () => {
    const entries = entriesOf(12);
    for (const entry of entries)
      await ledger().append(entry, entry.kind === 'registered' ? versionRecord(MODEL, entry.version!) : undefined);
    writeFileSync(pathOf(nameOf(6)), '{"entry":');
    expect((await ledger().latest(MODEL))?.number).toBe(12);
    for (const number of [1, 2, 3]) expect((await ledger().version(MODEL, number))?.version).toBe(number);
    writeFileSync(pathOf(nameOf(12)), '{"ent');
    await expect(ledger().latest(MODEL)).rejects.toThrow('entry 12 of m cannot be read');
    await expect(ledger().append(entries[11]!)).rejects.toThrow();
  });

  it('lets one of several writers have each number, and loses none', async () => {
    const [first] = entriesOf(1);
    await ledger().append(first!, versionRecord(MODEL, 1));
    const write = async (): Promise<void> => {
      const registry = new Registry(await openLocalHome(root), 'test');
      for (let i = 0; i < 5; i++)
        await registry.apply(
          MODEL,
          { type: 'hold', because: 'infrastructure', version: 1, reason: 'r' },
          { retries: 100 },
        );
    };
    await Promise.all([write(), write(), write()]);
    expect((await ledger().latest(MODEL))?.number).toBe(16);
    expect(readdirSync(path.join(root, 'ledger', MODEL)).sort()).toEqual([
      ...Array.from({ length: 16 }, (_, i) => nameOf(i + 1)),
      'latest',
      'version-1',
    ]);
  });

  it('does not look for models whose names lead elsewhere', async () => {
    for (const name of ['../m', '..', 'a/b', '', 'M', 'm\0'])
      expect([await ledger().latest(name), await ledger().version(name, 1)]).toEqual([undefined, undefined]);
  });
});

describe('Reading back from the end of a ledger', () => {
  let ledger: FileLedger;
  beforeEach(async () => {
    const root = temporaryFolder('read-history');
    writeFiles(root, entriesOf(130));
    ledger = new FileLedger(path.join(root, 'ledger'));
  });
  const numbers = (entries: readonly Entry[]) => entries.map(({ number }) => number);

  it('gives the last entries, those before one, and how many are earlier', async () => {
    const page = async (limit: number, before?: number) => {
      const { entries, earlier } = await readLastEntries(ledger, MODEL, { limit, before });
      return [entries[0]?.number, entries.at(-1)?.number, earlier];
    };
    expect(await page(10)).toEqual([121, 130, 120]);
    expect(await page(10, 121)).toEqual([111, 120, 110]);
    expect(await page(10, 5)).toEqual([1, 4, 0]);
    expect(await page(1_000)).toEqual([1, 130, 0]);
    expect(await page(10, 1)).toEqual([undefined, undefined, 0]);
    expect(await page(10, 1_000)).toEqual([121, 130, 120]);
  });

  it('gives all since an instant, and the last one in any case', async () => {
    const since = async (number: number) => numbers(await readEntriesSince(ledger, MODEL, new Date(instant(number))));
    expect(await since(128)).toEqual([128, 129, 130]);
    expect(await since(500)).toEqual([130]);
    expect(await since(10)).toEqual(Array.from({ length: 121 }, (_, i) => i + 10));
    expect(await since(-5)).toHaveLength(130);
    expect(await readEntriesSince(ledger, 'other', new Date(0))).toEqual([]);
  });

  it('finds the entry that was in force at an instant', async () => {
    const at = async (time: string) => (await readEntryAt(ledger, MODEL, time))?.number;
    for (const number of [1, 2, 64, 65, 129, 130]) expect(await at(instant(number))).toBe(number);
    expect(await at(new Date(Date.parse(instant(40)) + 1).toISOString())).toBe(40);
    expect(await at(instant(0))).toBeUndefined();
    expect(await at('2030-01-01T00:00:00Z')).toBe(130);
  });

  it('knows an unknown model', async () => {
    const registry = new Registry(await openLocalHome(temporaryFolder('none')), 'test');
    await expect(registry.lastEntries('m', { limit: 5 })).rejects.toThrow(UnknownVersionError);
    await expect(registry.entriesSince('m', new Date(0))).rejects.toThrow(UnknownVersionError);
  });
});
