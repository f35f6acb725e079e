import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asWritten, Entry, ReleaseState } from '../../../core/registry/ledger.ts';
import { hash32 } from '../../../core/serving/hash.ts';
import { route } from '../../../core/serving/route.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { newestSnapshot } from '../../../platform/snapshots.ts';
import { Registry } from '../../../usecases/registry/registry.ts';

/** Written by the program as it was before there could be several challengers: entries, records, kept releases. */
const FORMER = path.join(import.meta.dirname, '../../fixtures/former-home');
const page = (number: number) =>
  JSON.parse(readFileSync(path.join(FORMER, `ledger/m/${String(number).padStart(9, '0')}.json`), 'utf8')).entry;

describe('a ledger of before there were several challengers', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-former-'));
    cpSync(FORMER, folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const open = async () => {
    const home = await openLocalHome(folder);
    return { home, registry: new Registry(home, 'user:ada') };
  };

  it('is read: its challenger becomes the first of several, with its shadow beside it', async () => {
    const { home, registry } = await open();
    const state = await registry.state('m');
    expect(state.challengers).toEqual([
      {
        version: 2,
        weight: 0.5,
        steps: [0.25, 0.5, 1],
        step: 1,
        since: '2026-01-01T12:00:15.000Z',
        slices: [[0, 0.5]],
      },
    ]);
    expect(state.shadow).toEqual({ version: 3, since: '2026-01-01T12:00:15.000Z' });
    expect((await newestSnapshot(home.artifacts, 'm'))?.state).toEqual(state);
  });

  it('vouches for what was written, and goes on in the current form without a fault', async () => {
    const { registry } = await open();
    expect(await registry.verify('m')).toMatchObject({ entries: 10, faults: [], chainedFrom: 1 });
    await registry.apply('m', { type: 'stop-shadow', reason: 'seen enough' });
    await registry.apply('m', { type: 'start-canary', version: 3, steps: [0.2, 1], reason: 'beside the other' });
    expect(await registry.verify('m')).toMatchObject({ entries: 12, faults: [] });
    const { challengers } = await registry.state('m');
    expect(challengers.map(({ version, weight }) => [version, weight])).toEqual([
      [2, 0.5],
      [3, 0.2],
    ]);
  });

  it('leaves every caller where he was: with the challenger those whose hash was below its weight', () => {
    const { state } = Entry.parse(page(10));
    for (let i = 0; i < 2_000; i++) {
      const key = `user-${i}`;
      const before = hash32(key, hash32('m', 2)) / 2 ** 32 < 0.5 ? 2 : 1;
      expect(route('m', state, key)?.version).toBe(before);
    }
  });

  it('is written back as it was, to the letter', () => {
    for (let number = 1; number <= 10; number++) expect(asWritten(Entry.parse(page(number)))).toEqual(page(number));
  });

  it('is no less strict: neither unknown members nor both forms at once are taken', () => {
    const old = page(10);
    expect(Entry.safeParse({ ...old, state: { ...old.state, extra: 1 } }).success).toBe(false);
    expect(Entry.safeParse({ ...old, form: 2 }).success).toBe(false);
    const { form: _, ...current } = { ...Entry.parse(old), form: 2 };
    expect(Entry.safeParse(current).success).toBe(false);
    expect(ReleaseState.safeParse({ ...old.state, challengers: [] }).success).toBe(false);
  });
});
