import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../../cli/main.ts';
import { anchorOf } from '../../../core/registry/anchor.ts';
import { canonical } from '../../../core/registry/canonical.ts';
import { Entry } from '../../../core/registry/ledger.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const MODEL = 'flight-delay';
const SOURCE = 'models/flight-delay/v1';
const KEY = 'a key that is kept elsewhere: 0123456789';
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

interface Page {
  entry: Entry & Record<string, unknown>;
  version?: unknown;
}

const root = temporaryFolder('tampering');
/** Homes as they were written; the key of the first is kept elsewhere. */
const homes = { elsewhere: path.join(root, 'elsewhere'), own: path.join(root, 'own') };
const home = path.join(root, 'home');
const folder = path.join(home, 'ledger', MODEL);

/** @param env where the key is */
async function write(to: string, env: string | undefined): Promise<void> {
  vi.stubEnv('TRIMTAB_LEDGER_KEY', env);
  const opened = await openLocalHome(to);
  const run = (...argv: string[]) => main(['--home', to, ...argv], { out: () => {}, err: () => {}, env: {} });
  expect(await run('register', SOURCE)).toBe(0);
  const ada = new Registry(opened, 'user:ada');
  await ada.apply(MODEL, { type: 'approve', version: 1, reason: 'good' });
  await ada.apply(MODEL, { type: 'release', version: 1, reason: 'go' });
  for (const because of ['data', 'unclear', 'infrastructure'] as const)
    await ada.apply(MODEL, { type: 'hold', because, reason: because });
  await opened.close();
}

/** Makes the home to be tampered with. */
function fresh(of: keyof typeof homes): void {
  rmSync(home, { recursive: true, force: true });
  for (const part of ['ledger', 'ledger.key', 'artifacts/releases'])
    if (existsSync(path.join(homes[of], part)))
      cpSync(path.join(homes[of], part), path.join(home, part), { recursive: true });
}

const nameOf = (number: number): string => `${String(number).padStart(9, '0')}.json`;
const read = (number: number): Page => JSON.parse(readFileSync(path.join(folder, nameOf(number)), 'utf8')) as Page;
const put = (number: number, page: Page): void =>
  writeFileSync(path.join(folder, nameOf(number)), JSON.stringify(page, null, 1));
const numbers = (): number[] =>
  readdirSync(folder)
    .filter((name) => /^\d{9}\.json$/.test(name))
    .map((name) => Number(name.slice(0, 9)))
    .sort((a, b) => a - b);

/** What is wrong with the home: faults, strays, or that it cannot be read. */
async function found(): Promise<string[]> {
  const opened = await openLocalHome(home);
  try {
    const { faults, strays } = await new Registry(opened, 'user:eve').verify(MODEL);
    return [...faults.map(({ entry, fault }) => `${entry}: ${fault}`), ...strays];
  } catch (error) {
    return [(error as Error).message];
  } finally {
    await opened.close();
  }
}

/** Computes the chain anew from an entry on, as somebody would who wants a change not to be seen. */
function rechain(from: number, change: (page: Page) => Page): void {
  for (const number of numbers().filter((each) => each >= from)) {
    const page = change(read(number));
    const before = numbers().includes(number - 1) ? read(number - 1).entry : undefined;
    if (before) page.entry.previous = digest(canonical(Entry.parse(before)));
    put(number, page);
  }
}

/** Makes the anchors in the home what the ledger says. */
function forgeAnchors(): void {
  const releases = path.join(home, 'artifacts/releases', MODEL);
  for (const name of readdirSync(releases).filter((each) => each.endsWith('.anchor')))
    rmSync(path.join(releases, name));
  for (const number of numbers()) {
    const { digest: of } = anchorOf(Entry.parse(read(number).entry), digest);
    writeFileSync(path.join(releases, `${999_999_999 - number}.${of}.anchor`), `${of}\n`);
  }
}

const changes = fc.constantFrom<Partial<Entry>>(
  { actor: 'user:mallory' },
  { reason: 'nothing to see' },
  { at: '2020-01-01T00:00:00.000Z' },
  { evidence: { rows: 1 } },
  { kind: 'unclear-held' },
);
const pick = fc.nat();

/** Things that somebody can do to the files of a ledger; `pick` says to which entry. */
const tamperings: Record<string, (at: number, change: Partial<Entry>) => void> = {
  'changes an entry': (at, change) => put(at, { ...read(at), entry: { ...read(at).entry, reason: '.', ...change } }),
  'changes an entry, and all digests after it': (at, change) =>
    rechain(at, (page) =>
      page.entry.number === at ? { ...page, entry: { ...page.entry, reason: '.', ...change } } : page,
    ),
  'changes an entry without its seal, and all digests after it': (at, change) =>
    rechain(at, (page) => {
      const { seal: _, ...entry } = page.entry;
      return page.entry.number === at ? { ...page, entry: { ...entry, ...change } } : page;
    }),
  'strips the seals from an entry on': (at) =>
    rechain(at, ({ entry: { seal: _, ...entry }, ...rest }) => ({ ...rest, entry })),
  'strips all seals, and what says which are older than the key': (_, change) => {
    rechain(1, ({ entry: { seal: __, ...entry }, ...rest }) => ({ ...rest, entry: { ...entry, ...change } }));
    rmSync(path.join(home, 'ledger/unsealed.json'));
  },
  'removes an entry that is not the last': (at) => rmSync(path.join(folder, nameOf(Math.min(at, 5)))),
  'swaps two entries': (at) => {
    const other = at === 6 ? 1 : at + 1;
    const [one, two] = [read(at), read(other)];
    put(at, two);
    put(other, one);
  },
  'swaps what two entries say, with their numbers': (at) => {
    const other = at === 6 ? 5 : at + 1;
    const [one, two] = [read(at), read(other)];
    put(at, { ...two, entry: { ...two.entry, number: at } });
    put(other, { ...one, entry: { ...one.entry, number: other } });
  },
  'copies an entry to the end': (at) => put(7, read(at)),
  'copies an entry to the end, under a number of its own': (at) =>
    put(7, { ...read(at), entry: { ...read(at).entry, number: 7 } }),
  'copies an entry over another': (at) => put(at === 6 ? 1 : at + 1, read(at)),
  'adds an entry of its own': () => {
    const { entry } = read(6);
    const previous = digest(canonical(Entry.parse(entry)));
    put(7, { entry: { ...entry, number: 7, previous, actor: 'user:mallory', state: { ...entry.state, revision: 7 } } });
  },
  'says that all are older than the key': (at) => {
    const file = path.join(home, 'ledger/unsealed.json');
    const unsealed = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(
      file,
      JSON.stringify({ ...unsealed, models: [{ ...anchorOf(Entry.parse(read(at).entry), digest) }] }),
    );
  },
};

afterEach(() => vi.unstubAllEnvs());

describe('the ledger of a folder', () => {
  beforeAll(async () => {
    await write(homes.elsewhere, KEY);
    await write(homes.own, undefined);
    vi.unstubAllEnvs();
  });

  it('has no fault as it was written', async () => {
    vi.stubEnv('TRIMTAB_LEDGER_KEY', KEY);
    fresh('elsewhere');
    expect(await found()).toEqual([]);
    vi.stubEnv('TRIMTAB_LEDGER_KEY', undefined);
    fresh('own');
    expect(await found()).toEqual([]);
  });

  it('tells whatever is done to its files by somebody who does not know the key, the anchors in the home forged as well', async () => {
    vi.stubEnv('TRIMTAB_LEDGER_KEY', KEY);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(tamperings)), pick, changes, async (what, at, change) => {
        fresh('elsewhere');
        tamperings[what]!((at % 6) + 1, change);
        forgeAnchors();
        expect(await found(), what).not.toEqual([]);
      }),
      {
        numRuns: 30,
        examples: Object.keys(tamperings).map((what): [string, number, Partial<Entry>] => [
          what,
          2,
          { actor: 'user:mallory' },
        ]),
      },
    );
  });

  it.each([1, 2, 3])(
    'tells that the last %i entries are gone by the anchors, and by one that is kept elsewhere where those are gone',
    async (count) => {
      fresh('own');
      const kept = anchorOf(Entry.parse(read(6).entry), digest);
      for (let number = 7 - count; number <= 6; number++) rmSync(path.join(folder, nameOf(number)));
      rmSync(path.join(folder, 'latest'));
      expect(await found()).toContain('6: it is missing, and an anchor of it is kept');
      forgeAnchors();
      rmSync(path.join(home, 'artifacts/releases', MODEL), { recursive: true });
      mkdirSync(path.join(home, 'artifacts/releases', MODEL));
      expect(await found()).toEqual([]);
      const opened = await openLocalHome(home);
      const { faults } = await new Registry(opened, 'user:eve').verify(MODEL, kept);
      await opened.close();
      expect(faults).toEqual([{ entry: 6, fault: 'it is missing, and an anchor of it is kept' }]);
    },
  );

  it('names entries whose anchor could not be kept, and the next change makes it, unless it is not what was sealed', async () => {
    fresh('own');
    const releases = path.join(home, 'artifacts/releases', MODEL);
    const kept = (number: number): string[] =>
      readdirSync(releases).filter((name) => name.startsWith(`${999_999_999 - number}.`));
    const all = new Map([5, 6].map((number) => [number, kept(number)]));
    for (const name of [...all.values()].flat()) rmSync(path.join(releases, name));
    const opened = await openLocalHome(home);
    const ada = new Registry(opened, 'user:ada');
    const hold = () => ada.apply(MODEL, { type: 'hold', because: 'data', reason: 'r' });
    expect(await ada.verify(MODEL)).toMatchObject({ faults: [], anchored: 4, unanchored: [5, 6] });
    await hold();
    expect(new Map([5, 6].map((number) => [number, kept(number)]))).toEqual(all);
    expect(await ada.verify(MODEL)).toMatchObject({ faults: [], anchored: 7, unanchored: [] });
    // A gap, with later ones on both of its sides.
    for (const name of [...kept(3), ...kept(4)]) rmSync(path.join(releases, name));
    expect(await ada.verify(MODEL)).toMatchObject({ faults: [], unanchored: [3, 4] });
    await hold();
    expect(await ada.verify(MODEL)).toMatchObject({ faults: [], anchored: 8, unanchored: [] });
    for (const name of kept(8)) rmSync(path.join(releases, name));
    put(8, { ...read(8), entry: { ...read(8).entry, actor: 'user:mallory' } });
    await hold();
    expect(kept(8)).toEqual([]);
    await opened.close();
  });

  it('tells that an anchor was renamed to fit', async () => {
    fresh('own');
    const releases = path.join(home, 'artifacts/releases', MODEL);
    const kept = readdirSync(releases).find(
      (name) => name.startsWith(`${999_999_999 - 2}.`) && name.endsWith('.anchor'),
    )!;
    const { digest: of } = anchorOf(Entry.parse(read(2).entry), digest);
    writeFileSync(path.join(releases, kept), `${of.replace(/./g, '0')}\n`);
    expect(await found()).toEqual(['2: the anchor that is kept of it holds another digest than its name says']);
  });

  it('vouches for nothing by itself when the key is elsewhere: a person does, with a reason, and it is held to that', async () => {
    vi.stubEnv('TRIMTAB_LEDGER_KEY', KEY);
    fresh('elsewhere');
    tamperings['strips all seals, and what says which are older than the key']!(1, { actor: 'user:mallory' });
    forgeAnchors();
    const fault = '6: entries before 7 have no seal, and nobody has vouched for them';
    expect(await found()).toEqual([fault]);
    const opened = await openLocalHome(home);
    const ada = new Registry(opened, 'user:ada');
    expect((await ada.apply(MODEL, { type: 'hold', because: 'data', reason: 'r' })).seal).toBeDefined();
    expect(await found()).toEqual([fault]);
    expect(await ada.verify(MODEL)).toMatchObject({ sealedFrom: 7, vouched: null });
    await ada.vouch(MODEL, 'held against the anchor of May');
    const vouched = { by: 'user:ada', reason: 'held against the anchor of May' };
    expect(await ada.verify(MODEL)).toMatchObject({ faults: [], sealedFrom: 7, vouched });
    expect(await ada.vouch(MODEL, 'again')).toBeUndefined();
    await opened.close();
    const file = path.join(home, 'ledger/unsealed.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('user:ada', 'user:eve'));
    expect(await found()).toEqual(['0: the record of which entries are older than the key is not what was written']);
    writeFileSync(file, text);
    rechain(6, (page) => ({ ...page, entry: { ...page.entry, ...(page.entry.number === 6 && { reason: 'm' }) } }));
    forgeAnchors();
    expect(await found()).toContain('6: it is not what it was when it was taken for older than the key');
  });

  it('tells that the key is gone, and writes on with another', async () => {
    fresh('own');
    rmSync(path.join(home, 'ledger.key'));
    expect(await found()).toEqual(['1: the key it was sealed with is gone']);
    const opened = await openLocalHome(home);
    await new Registry(opened, 'user:ada').apply(MODEL, { type: 'hold', because: 'data', reason: 'r' });
    await opened.close();
    expect((await found())[0]).toBe('0: the record of which entries are older than the key is not what was written');
  });

  it('goes on where it is older than the key, and that cannot be said of what is not', async () => {
    fresh('own');
    // As an earlier version of the program has left it.
    tamperings['strips all seals, and what says which are older than the key']!(1, {});
    rmSync(path.join(home, 'ledger.key'));
    forgeAnchors();
    expect(await found()).toEqual([]);
    const opened = await openLocalHome(home);
    const ada = new Registry(opened, 'user:ada');
    await ada.apply(MODEL, { type: 'hold', because: 'data', reason: 'r' });
    expect(await ada.verify(MODEL)).toMatchObject({ faults: [], sealedFrom: 7 });
    await opened.close();
    rechain(7, ({ entry: { seal: _, ...entry }, ...rest }) => ({
      ...rest,
      entry: { ...entry, actor: 'user:mallory' },
    }));
    forgeAnchors();
    expect(await found()).toEqual(['7: it has no seal']);
    rechain(6, (page) => ({ ...page, entry: { ...page.entry, ...(page.entry.number === 6 && { reason: 'm' }) } }));
    forgeAnchors();
    expect(await found()).toContain('6: it is not what it was when it was taken for older than the key');
  });

  it('verifies with a former key what was sealed with it', async () => {
    fresh('elsewhere');
    vi.stubEnv('TRIMTAB_LEDGER_KEY', `${KEY.toUpperCase()}\n${KEY}`);
    const opened = await openLocalHome(home);
    await new Registry(opened, 'user:ada').apply(MODEL, { type: 'hold', because: 'data', reason: 'r' });
    await opened.close();
    expect(await found()).toEqual([]);
    vi.stubEnv('TRIMTAB_LEDGER_KEY', KEY);
    expect(await found()).toEqual([
      expect.stringMatching(/^7: it is sealed with the key [0-9a-f]{16}, which is not here$/),
    ]);
  });

  it('is not held up by what gets among its entries: copies, backups, folders', async () => {
    fresh('own');
    vi.spyOn(process, 'emitWarning').mockReturnValue();
    put(7, read(6));
    put(40, read(1));
    for (const name of ['.DS_Store', '000000003.json~', '000000003 copy.json'])
      writeFileSync(path.join(folder, name), '');
    mkdirSync(path.join(folder, nameOf(8)));
    cpSync(folder, path.join(home, 'ledger', `${MODEL}-copy`), { recursive: true });
    const opened = await openLocalHome(home);
    const registry = new Registry(opened, 'user:ada');
    expect(await opened.ledger.models()).toEqual([MODEL]);
    expect((await registry.state(MODEL)).revision).toBe(6);
    for (let number = 7; number <= 8; number++) {
      const { number: written } = await registry.apply(MODEL, { type: 'hold', because: 'data', reason: 'r' });
      expect(written).toBe(number);
    }
    const { faults, strays } = await registry.verify(MODEL);
    expect(faults).toEqual([{ entry: 40, fault: `${nameOf(40)} is no entry 40: it holds entry 1 of ${MODEL}` }]);
    expect(strays.map((stray) => stray.replace(/[0-9a-f]{8}:/, '…:'))).toEqual([
      '.DS_Store: no entry',
      '000000003 copy.json: no entry',
      '000000003.json~: no entry',
      '000000007.json.stray-…: no entry',
      '000000008.json.stray-…: no entry',
      `${nameOf(40)}: no entry 40: it holds entry 1 of ${MODEL}`,
    ]);
    await opened.close();
    vi.restoreAllMocks();
  });

  it('is not held up by pipes and links among its entries, and does not follow them', async () => {
    fresh('own');
    vi.spyOn(process, 'emitWarning').mockReturnValue();
    const at = (name: string): string => path.join(folder, name);
    const pipe = (name: string) => expect(spawnSync('mkfifo', [at(name)]).status).toBe(0);
    pipe(nameOf(7));
    symlinkSync(nameOf(8), at(nameOf(8)));
    symlinkSync(nameOf(1), at(nameOf(9)));
    symlinkSync('nowhere', at(nameOf(10)));
    for (const name of ['latest', 'version-1']) {
      rmSync(at(name), { force: true });
      pipe(name);
    }
    const opened = await openLocalHome(home);
    const registry = new Registry(opened, 'user:ada');
    expect((await registry.state(MODEL)).revision).toBe(6);
    expect((await opened.ledger.version(MODEL, 1))?.version).toBe(1);
    expect((await opened.ledger.strays(MODEL)).map(({ what }) => what)).toEqual([
      'no entry 7: it is a pipe',
      ...[8, 9, 10].map((number) => `no entry ${number}: it is a symbolic link`),
    ]);
    for (let number = 7; number <= 10; number++) {
      const { number: written } = await registry.apply(MODEL, { type: 'hold', because: 'data', reason: 'r' });
      expect(written).toBe(number);
    }
    expect((await registry.verify(MODEL)).faults).toEqual([]);
    await opened.close();
    vi.restoreAllMocks();
  });

  it('is not held up by an empty file with the name of an entry, and tells when an entry has become one', async () => {
    fresh('own');
    vi.spyOn(process, 'emitWarning').mockReturnValue();
    writeFileSync(path.join(folder, nameOf(7)), '');
    const opened = await openLocalHome(home);
    const registry = new Registry(opened, 'user:ada');
    expect((await registry.state(MODEL)).revision).toBe(6);
    expect((await registry.apply(MODEL, { type: 'hold', because: 'data', reason: 'r' })).number).toBe(7);
    expect((await registry.verify(MODEL)).faults).toEqual([]);
    await opened.close();
    writeFileSync(path.join(folder, nameOf(7)), '');
    expect(await found()).toEqual(
      expect.arrayContaining([
        '7: it is missing, and an anchor of it is kept',
        `7: ${nameOf(7)} is no entry 7: it is empty`,
      ]),
    );
    vi.restoreAllMocks();
  });

  it('takes no text for an entry that says more than what its digest is of', async () => {
    const verify = async (edit: (text: string) => string): Promise<[number, string]> => {
      fresh('own');
      const file = path.join(folder, nameOf(4));
      const before = readFileSync(file, 'utf8');
      writeFileSync(file, edit(before));
      expect(readFileSync(file, 'utf8')).not.toBe(before);
      const told: string[] = [];
      const io = { out: (line: string) => told.push(line), err: (line: string) => told.push(line), env: {} };
      return [await main(['--home', home, 'history', MODEL, '--verify'], io), told.join('\n')];
    };
    const [twice, what] = await verify((text) => text.replace('"reason":', '"reason": "another", "reason":'));
    expect(twice).not.toBe(0);
    expect(what).toContain(`entry 4 of ${MODEL} cannot be read: the key "reason" stands twice in one object`);
    for (const key of ['"__proto__"', '"\\u005f_proto__"'])
      for (const within of ['"entry": {', '"state": {']) {
        const [status, why] = await verify((text) => text.replace(within, `${within} ${key}: { "by": "eve" },`));
        expect(status).not.toBe(0);
        expect(why).toContain('__proto__ is no key of a record');
      }
  });

  it('is told, and nothing is written over it, when an entry is half a one', async () => {
    fresh('own');
    writeFileSync(path.join(folder, nameOf(7)), '{');
    const opened = await openLocalHome(home);
    const hold = new Registry(opened, 'user:ada').apply(MODEL, { type: 'hold', because: 'data', reason: 'r' });
    await expect(hold).rejects.toThrow(`entry 7 of ${MODEL} cannot be read`);
    expect(readFileSync(path.join(folder, nameOf(7)), 'utf8')).toBe('{');
    await opened.close();
  });
});
