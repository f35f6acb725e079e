import { utimes } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Capture } from '../../../core/captures/capture.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { shardKey } from '../../../core/quality/joined-record.ts';
import { ALL } from '../../../core/quality/segments.ts';
import { decide } from '../../../core/registry/decide.ts';
import { type LocalHome, openLocalHome } from '../../../platform/local/home.ts';
import type { Home, ObjectStore } from '../../../platform/ports.ts';
import { privacyKeys } from '../../../platform/privacy.ts';
import { tracePrediction } from '../../../usecases/audit/trace-prediction.ts';
import { addWaiting, readWaiting } from '../../../usecases/ground-truth/feedback-batches.ts';
import { type JoinSummary, joinGroundTruth } from '../../../usecases/ground-truth/join-ground-truth.ts';
import { forget } from '../../../usecases/privacy/erase-subject.ts';
import { rowsOfReplay } from '../../../usecases/quality/compared-rows.ts';
import { mergeHours, talliesOfVersion } from '../../../usecases/quality/describe-quality.ts';
import { readShards } from '../../../usecases/quality/joined-shards.ts';
import { readTallies } from '../../../usecases/quality/read-tallies.ts';
import { rejectedTruths } from '../../../usecases/quality/rejected-truths.ts';
import { RuleBook } from '../../../usecases/quality/version-rules.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { firstEntries, versionRecord } from '../../platform/contract/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { captureLine, deliverCaptures, sendTruths } from './capture-lines.ts';

const T0 = Date.UTC(2026, 0, 1, 12, 30);
const at = (minutes: number): string => new Date(T0 + minutes * 60_000).toISOString();

/** A store of which some operations are others. */
const overriding = (data: ObjectStore, own: Partial<ObjectStore>): ObjectStore =>
  new Proxy(data, {
    get: (target, name): unknown => {
      const member: unknown = Reflect.get(own, name) ?? Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });

/** A process that is killed at its n-th write or deletion. */
class Killed extends Error {}

function killedAt(home: Home, write: number): Home {
  let left = write;
  const counted = async <T>(work: () => Promise<T>): Promise<T> => {
    if (left-- === 0) throw new Killed();
    return work();
  };
  const { data } = home;
  const dying = overriding(data, {
    put: (...args: Parameters<ObjectStore['put']>) => counted(() => data.put(...args)),
    delete: (...args: Parameters<ObjectStore['delete']>) => counted(() => data.delete(...args)),
  });
  return { ...home, data: dying };
}

describe('truths', () => {
  let home: LocalHome;
  let folder: string;
  let now: Date;

  const contract = {
    features: [
      { name: 'origin', type: 'string', allowed: ['EWR', 'JFK'] },
      { name: 'distance', type: 'float' },
    ],
    data: { label: 'late', extra: ['customer', 'late'], subject: 'customer', personal: { customer: 'hash' } },
  };
  const manifest = (rest: object = {}) =>
    Manifest.parse({
      name: 'm',
      contract,
      monitoring: { segments: [{ feature: 'origin' }] },
      outputs: [{ name: 'y', meaning: 'probabilities' }],
      decision: { task: 'binary', output: 'y', column: 0, threshold: 0.5 },
      ...rest,
    });

  const open = async (of = manifest()) => {
    folder = temporaryFolder('exactly-once');
    now = new Date(T0);
    home = await openLocalHome(folder, { now: () => now });
    const record = versionRecord('m', 1);
    // Every input carries a feature, so that captures hold whole rows.
    const inputs = contract.features.map(({ name, type }) => ({
      name,
      type: type === 'string' ? ('string' as const) : ('float32' as const),
      shape: [-1, 1],
    }));
    await home.ledger.append(firstEntries('m')[0], {
      ...record,
      signature: { ...record.signature, inputs },
      manifest: of,
    });
  };
  beforeEach(() => open());

  const row = (id: string, score: number, minutes = 0, rest: Partial<Capture> = {}): string =>
    captureLine(id, [score], { at: at(minutes), features: { origin: ['EWR'], distance: [1] }, ...rest });
  const join = (of: Home = home): Promise<JoinSummary> => joinGroundTruth(of, now);
  const tallies = async (version = 1) =>
    talliesOfVersion(
      await readTallies(home, { model: 'm', from: new Date(T0 - 86_400_000), to: new Date(T0 + 86_400_000) }),
      version,
    );
  const counts = async (segment = ALL) => {
    const { decisions } = mergeHours(await tallies()).get(segment) ?? {};
    return decisions?.task === 'binary' ? [decisions.tp, decisions.fp, decisions.tn, decisions.fn] : [0, 0, 0, 0];
  };
  const keys = async (prefix: string): Promise<string[]> => {
    const all: string[] = [];
    for await (const { key } of home.data.list(prefix)) all.push(key);
    return all;
  };

  const some = async (n: number, minutes = 0): Promise<void> => {
    const lines = Array.from({ length: n }, (_, i) => row(`p${i}`, i % 3 === 0 ? 0.9 : 0.1, minutes + (i % 5) * 15));
    await deliverCaptures(home, 'some', at(minutes), lines);
  };

  it('count once whatever write the process is killed at, and however often it is started again', async () => {
    for (let write = 0; write < 40; write++) {
      await open();
      await some(10);
      await sendTruths(home, 'a', [
        ...Array.from({ length: 10 }, (_, i) => ({ id: `p${i}`, truth: i % 2 })),
        { id: 'not there', truth: 1 },
        { id: 'p1', truth: 'perhaps' },
      ]);
      const killed = await join(killedAt(home, write)).catch((error: unknown) => error);
      await join();
      expect(await counts(), `killed at write ${write}`).toEqual([2, 2, 3, 3]);
      expect(await keys('ground-truth/incoming/')).toEqual([]);
      expect(await keys('ground-truth/stale/')).toEqual([]);
      if (killed instanceof Killed) continue;
      expect(write).toBeGreaterThan(5);
      return;
    }
    throw new Error('the process never came through');
  });

  it('count once when several processes join at the same time', async () => {
    await some(60);
    for (let file = 0; file < 6; file++)
      await sendTruths(
        home,
        `f${file}`,
        Array.from({ length: 60 }, (_, i) => ({ id: `p${i}`, truth: i % 2 })).filter((_, i) => i % 6 >= file - 2),
      );
    const others = await Promise.all([1, 2, 3].map(() => openLocalHome(folder, { now: () => now })));
    const summaries = await Promise.all([home, ...others].map((each) => join(each)));
    await join();
    expect(summaries.reduce((sum, { joined }) => sum + joined, 0)).toBe(60);
    expect(await counts()).toEqual([10, 10, 20, 20]);
    expect(await keys('ground-truth/stale/')).toEqual([]);
  });

  it('are replaced by what is said later, in the hour of the prediction', async () => {
    await some(10);
    await sendTruths(home, 'a', [{ id: 'p0', truth: 1 }]);
    await join();
    expect(await counts()).toEqual([1, 0, 0, 0]);
    now = new Date(T0 + 3 * 3_600_000);
    await sendTruths(home, 'b', [{ id: 'p0', truth: 0 }]);
    expect(await join()).toMatchObject({ joined: 0, corrected: 1 });
    expect(await counts()).toEqual([0, 1, 0, 0]);
    await sendTruths(home, 'b', [{ id: 'p0', truth: 0 }]);
    expect(await join()).toMatchObject({ joined: 0, corrected: 0 });
    expect((await tallies()).length).toBe(1);
  });

  it('count in the hour of their prediction, however late they come', async () => {
    await deliverCaptures(home, 'edge', at(29), [row('before', 0.9, 29.999), row('after', 0.9, 30)]);
    now = new Date(T0 + 5 * 86_400_000);
    await sendTruths(home, 'a', [
      { id: 'after', truth: 0 },
      { id: 'before', truth: 1 },
    ]);
    await join();
    const hours = await readTallies(home, { model: 'm', from: new Date(T0), to: new Date(T0 + 7_200_000) });
    expect(hours.map(({ hour, versions }) => [hour, versions[0]!.strata[0]!.segments[ALL]!.decisions])).toMatchObject([
      ['2026-01-01T12', { tp: 1, fp: 0 }],
      ['2026-01-01T13', { tp: 0, fp: 1 }],
    ]);
  });

  it('break at every entry that changes shares', async () => {
    const registry = new Registry(home, 'test');
    await registry.apply('m', { type: 'approve', version: 1, reason: 'r' });
    now = new Date(T0 + 5 * 60_000);
    await registry.apply('m', { type: 'release', version: 1, reason: 'r' });
    await deliverCaptures(home, 'one', at(5), [row('a', 0.9, 1), row('b', 0.9, 6), row('c', 0.1, 7)]);
    await sendTruths(home, 'a', [
      { id: 'a', truth: 1 },
      { id: 'b', truth: 1 },
      { id: 'c', truth: 1 },
    ]);
    await join();
    expect((await tallies())[0]!.strata.map(({ since, segments }) => [since, segments[ALL]!.units.n])).toEqual([
      [null, 1],
      [at(5), 2],
    ]);
  });

  it('of one request are one unit, of one routing key too', async () => {
    await deliverCaptures(home, 'one', at(0), [
      captureLine('batch', [0.9, 0.9, 0.1], { at: at(0) }),
      row('x', 0.9, 1, { unit: 'key' }),
      row('y', 0.9, 2, { unit: 'key' }),
      row('z', 0.9, 2, { unit: null }),
    ]);
    await sendTruths(
      home,
      'a',
      ['batch#0', 'batch#1', 'batch#2', 'x', 'y', 'z'].map((id) => ({ id, truth: 1 })),
    );
    await join();
    expect((await tallies())[0]!.strata[0]!.segments[ALL]!.units).toMatchObject({ n: 3, rows: 6 });
  });

  it('are marked and not counted of named versions, of requests without an answer, and of rows that one caller repeats', async () => {
    const { scores: _none, ...failed } = JSON.parse(row('failed', 0)) as Capture;
    await deliverCaptures(home, 'one', at(0), [
      row('counted', 0.9, 0, { principal: 'p' }),
      row('again', 0.9, 1, { principal: 'p' }),
      row('other', 0.9, 1, { principal: 'q' }),
      row('unlike', 0.9, 1, { principal: 'p', features: { origin: ['EWR'], distance: [2] } }),
      row('named', 0.9, 2, { named: true }),
      JSON.stringify({ ...failed, failed: 'internal' }),
    ]);
    const ids = ['counted', 'again', 'other', 'unlike', 'named', 'failed'];
    await sendTruths(
      home,
      'a',
      ids.map((id) => ({ id, truth: 1 })),
    );
    await join();
    expect(await counts()).toEqual([3, 0, 0, 0]);
    expect((await tallies())[0]!.uncounted).toEqual({ named: 1, failed: 1, repeated: 1 });
    const [shard] = await readShards(home, 'm', '2026-01-01T12');
    expect([...shard!.records.keys()].sort()).toEqual([...ids].sort());
  });

  it('belong to the answer where a request was sent again under its id, and to the first of several', async () => {
    const { scores: _none, ...failed } = JSON.parse(row('a', 0, 28)) as Capture;
    await deliverCaptures(home, 'one', at(28), [
      JSON.stringify({ ...failed, failed: 'unavailable' }),
      row('b', 0.9, 29),
    ]);
    await deliverCaptures(home, 'two', at(31), [row('a', 0.9, 31), row('b', 0.1, 31)]);
    now = new Date(T0 + 3_600_000);
    await sendTruths(home, 'a', [
      { id: 'a', truth: 1 },
      { id: 'b', truth: 1 },
    ]);
    await join();
    const hours = await readTallies(home, { model: 'm', from: new Date(T0), to: new Date(T0 + 7_200_000) });
    expect(hours.map(({ hour, versions }) => [hour, versions[0]!.strata[0]!.segments[ALL]!.decisions])).toMatchObject([
      ['2026-01-01T12', { tp: 1 }],
      ['2026-01-01T13', { tp: 1 }],
    ]);
  });

  it('belong to the latest request where an id is used again hours later, whatever else is looked for', async () => {
    const instant = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    const [before, latest] = [instant(26), instant(1)];
    now = new Date();
    const line = (of: string, score: number) => row('a', score, 0, { at: of });
    await deliverCaptures(home, 'before', before, [line(before, 0.1)]);
    await deliverCaptures(home, 'latest', latest, [line(latest, 0.9)]);
    await sendTruths(home, 'a', [{ id: 'a', truth: 1 }]);
    expect(await join()).toMatchObject({ joined: 1 });
    await sendTruths(home, 'b', [
      { id: 'a', truth: 1 },
      { id: 'not there', truth: 1 },
    ]);
    expect(await join()).toMatchObject({ joined: 0, corrected: 0, waiting: 1 });
    expect(await keys('ground-truth/joined/')).toEqual([shardKey('m', latest.slice(0, 13), 0)]);
    // A request that comes after the truth has nothing to do with it.
    const after = instant(-3);
    now = new Date(Date.now() + 4 * 3_600_000);
    await deliverCaptures(home, 'after', after, [line(after, 0.1)]);
    await sendTruths(home, 'c', [{ id: 'a', truth: 1 }]);
    expect(await join()).toMatchObject({ joined: 0, corrected: 0 });
  });

  it('may call the one row of a request its row 0, and count once under both ids', async () => {
    await deliverCaptures(home, 'one', at(0), [row('a', 0.9), captureLine('b', [0.9, 0.1], { at: at(0) })]);
    await sendTruths(home, 'a', [{ id: 'a#0', truth: 1 }]);
    expect(await join()).toMatchObject({ joined: 1, waiting: 0 });
    await sendTruths(home, 'b', [
      { id: 'a', truth: 1 },
      { id: 'b', truth: 1 },
    ]);
    expect(await join()).toMatchObject({ joined: 0, waiting: 1 });
    expect(await counts()).toEqual([1, 0, 0, 0]);
    await sendTruths(home, 'c', [{ id: 'a#0', truth: 0 }]);
    await forget(home, { prediction: 'a', actor: 'test' });
    expect(await keys('ground-truth/incoming/')).toEqual([]);
    expect(await counts()).toEqual([0, 0, 0, 0]);
  });

  it('go with their predictions when somebody is forgotten, and so do their counts', async () => {
    const pseudonym = (await home.privacy()).pseudonym('customer', 'anna');
    await deliverCaptures(home, 'one', at(0), [
      row('a', 0.9, 0, { subject: pseudonym }),
      row('b', 0.9, 1, { subject: 'somebody-else' }),
    ]);
    await sendTruths(home, 'a', [
      { id: 'a', truth: 1 },
      { id: 'b', truth: 0 },
    ]);
    await join();
    expect(await counts()).toEqual([1, 1, 0, 0]);
    await forget(home, { subject: 'anna', actor: 'test' });
    expect(await counts()).toEqual([0, 1, 0, 0]);
    expect(await counts('origin=EWR')).toEqual([0, 1, 0, 0]);
    await forget(home, { prediction: 'b', actor: 'test' });
    expect(await counts()).toEqual([0, 0, 0, 0]);
    expect(await keys('ground-truth/joined/')).toEqual([]);
  });

  it.each(['in a conflict of writes', 'where none is'])(
    'do not come back when somebody is forgotten while they are being joined, %s',
    async (where) => {
      await deliverCaptures(home, 'one', at(0), [row('a', 0.9), row('b', 0.9, 1), row('c', 0.9, 2)]);
      if (where === 'in a conflict of writes') {
        await sendTruths(home, 'before', [
          { id: 'a', truth: 0 },
          { id: 'c', truth: 1 },
        ]);
        await join();
      }
      await sendTruths(home, 'a', [
        { id: 'a', truth: 1 },
        { id: 'b', truth: 1 },
      ]);
      const { data } = home;
      let isForgotten = false;
      const joining = overriding(data, {
        put: async (...args: Parameters<ObjectStore['put']>) => {
          if (args[0].startsWith('ground-truth/joined/') && !isForgotten) {
            isForgotten = true;
            await forget(await openLocalHome(folder, { now: () => now }), { prediction: 'a', actor: 'test' });
          }
          return data.put(...args);
        },
      });
      expect(await join({ ...home, data: joining })).toMatchObject({ joined: 1, corrected: 0 });
      expect(isForgotten).toBe(true);
      await join();
      const shards = await readShards(home, 'm', '2026-01-01T12');
      expect(shards.flatMap(({ records }) => [...records.keys()])).not.toContain('a');
      expect(await counts()).toEqual([where === 'in a conflict of writes' ? 2 : 1, 0, 0, 0]);
      for (const place of ['incoming', 'waiting']) expect(await keys(`ground-truth/${place}/`)).toEqual([]);
    },
  );

  it('are of one unit where it is not known whose they are, and not each of its own', async () => {
    const hidden = Array.from({ length: 8 }, (_, i) => row(`h${i}`, 0.9, 0, { unit: null }));
    await deliverCaptures(home, 'one', at(0), [...hidden, row('a', 0.9), row('b', 0.9, 0, { unit: 'ada' })]);
    await sendTruths(
      home,
      'a',
      ['a', 'b', ...hidden.map((_, i) => `h${i}`)].map((id) => ({ id, truth: 1 })),
    );
    await join();
    expect(await counts()).toEqual([10, 0, 0, 0]);
    expect(mergeHours(await tallies()).get(ALL)!.units).toMatchObject({ n: 3, rows: 10, rowsRows: 66 });
  });

  it('are kept encrypted under the key of whom they are about where the label is personal, and count the same', async () => {
    const personal = { ...contract, data: { ...contract.data, personal: { customer: 'hash', late: 'omit' } } };
    await open(manifest({ contract: personal }));
    await deliverCaptures(home, 'one', at(0), [
      row('a', 0.9, 0, { subject: 'anna' }),
      row('b', 0.9, 0, { subject: 'bert' }),
      row('c', 0.9),
    ]);
    await sendTruths(home, 'a', [
      { id: 'a', truth: 1 },
      { id: 'b', truth: 1 },
      { id: 'c', truth: 0 },
    ]);
    // Whoever joins reads captures, and is to have nothing that opens what is encrypted in them.
    const joiner: Home = { ...home, privacy: () => Promise.reject(new Error('not for this role')) };
    await join(joiner);
    expect(await counts()).toEqual([2, 1, 0, 0]);
    const [shard] = await readShards(home, 'm', '2026-01-01T12');
    const [anna, bert, nobody] = [...shard!.records.values()];
    for (const record of [anna, bert, nobody]) expect(record).not.toHaveProperty('truth');
    const sealing = await home.labels();
    const opened = (field: string, of: typeof anna) => sealing.open({ owner: 'm', field }, of!.sealed!);
    expect(opened('late of anna', anna)).toBe('1');
    expect(() => opened('late of anna', bert)).toThrow();
    expect(opened('late', nobody)).toBe('0');
    await sendTruths(home, 'b', [{ id: 'a', truth: 0 }]);
    expect(await join(joiner)).toMatchObject({ corrected: 1 });
    expect(await counts()).toEqual([1, 2, 0, 0]);
    const truthOf = async (decrypt: boolean) => (await tracePrediction(home, 'b', { days: 1, decrypt }))?.truth;
    expect(await truthOf(false)).toMatchObject([{ state: 'joined', truth: null, wrong: null }]);
    expect(await truthOf(true)).toMatchObject([{ state: 'joined', truth: 1, wrong: false }]);
    const replayed: unknown[] = [];
    const query = {
      model: 'm',
      from: new Date(T0),
      to: new Date(T0 + 1),
      versions: [(await home.ledger.version('m', 1))!],
    };
    await rowsOfReplay(joiner, new RuleBook(home), query, async (rows) => {
      replayed.push(...rows.map(({ id, truth }) => [id.split(' ').at(-1), truth]));
    });
    expect(replayed.sort()).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 0],
    ]);
    const view = await forget(home, { prediction: 'a', actor: 'test' });
    expect(view.beyond.join()).not.toContain('ground-truth/joined/');
    expect(await counts()).toEqual([1, 1, 0, 0]);
  });

  describe('of an hour whose joined rows cannot be read', () => {
    const shardOf = (hour: number) => `ground-truth/joined/model=m/dt=2026-01-01/hour=${hour}/0000.jsonl.gz`;
    const quarantined = async () => {
      const lines: string[] = [];
      for (const key of await keys('quarantine/ground-truth/m/'))
        lines.push(
          ...new TextDecoder()
            .decode(await home.data.get(key))
            .trim()
            .split('\n'),
        );
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    const deliver = async () => {
      await deliverCaptures(home, 'one', at(0), [row('a', 0.9), row('b', 0.9, 1)]);
      await deliverCaptures(home, 'two', at(40), [row('c', 0.9, 40)]);
      await sendTruths(home, 'a', [{ id: 'a', truth: 1 }]);
      await join();
      now = new Date(T0 + 50 * 60_000);
    };
    const sendMore = () =>
      sendTruths(home, 'b', [
        { id: 'b', truth: 0 },
        { id: 'c', truth: 1 },
      ]);
    const bytesOf = async (key: string) => Buffer.from(await home.data.get(key));

    it('are kept with the reason where a shard is damaged, and those of other hours are joined', async () => {
      await deliver();
      const whole = await bytesOf(shardOf(12));
      await home.data.put(shardOf(12), whole.subarray(0, whole.length - 9));
      await sendMore();
      const summary = await join();
      expect(summary).toMatchObject({
        joined: 1,
        held: 1,
        waiting: 0,
        unreadable: [{ model: 'm', hour: '2026-01-01T12' }],
      });
      expect(await quarantined()).toMatchObject([{ id: 'b', truth: 0, reason: expect.stringContaining(shardOf(12)) }]);
      expect(await bytesOf(shardOf(12))).toEqual(whole.subarray(0, whole.length - 9));
      expect(await keys('ground-truth/incoming/')).toEqual([]);
      expect(await counts()).toEqual([2, 0, 0, 0]);
      // It is said until somebody has put it right; then it goes on.
      expect((await join()).unreadable).toHaveLength(1);
      await home.data.put(shardOf(12), whole);
      await sendMore();
      expect(await join()).toMatchObject({ joined: 1, held: 0, unreadable: [] });
      expect(await counts()).toEqual([2, 1, 0, 0]);
    });

    it('are kept sealed with the reason where a truth was sealed under another secret', async () => {
      await open(
        manifest({
          contract: { ...contract, data: { ...contract.data, personal: { customer: 'hash', late: 'omit' } } },
        }),
      );
      await deliver();
      const before = await bytesOf(shardOf(12));
      const other = { ...home, labels: async () => privacyKeys('another secret of the same home, long enough') };
      await sendMore();
      expect(await join(other)).toMatchObject({ joined: 1, held: 1, unreadable: [{ hour: '2026-01-01T12' }] });
      expect(await bytesOf(shardOf(12))).toEqual(before);
      const [kept] = await quarantined();
      expect(kept).toMatchObject({ id: 'b', sealed: expect.stringMatching(/^enc:/) });
      expect(kept).not.toHaveProperty('truth');
      await forget(home, { prediction: 'b', actor: 'test' });
      expect(await quarantined().catch(() => [])).toEqual([]);
    });

    it('are no reason why somebody could not be forgotten elsewhere, and the page says what is left', async () => {
      await deliver();
      await home.data.put(shardOf(12), 'no gzip');
      await sendMore();
      await join();
      expect(await keys('ground-truth/joined/')).toEqual([shardOf(12), shardOf(13)]);
      const view = await forget(home, { prediction: 'c', actor: 'test' });
      expect(view.unread).toEqual(['ground-truth/joined/model=m/dt=2026-01-01/hour=12/']);
      expect(await keys('ground-truth/joined/')).toEqual([shardOf(12)]);
    });
  });

  it('count as the latest statement says, though one before it is read behind it', async () => {
    await deliverCaptures(home, 'one', at(0), [row('a', 0.9)]);
    const send = async (name: string, truth: number, minutes: number, padding = 0) => {
      const lines = Array.from({ length: padding }, (_, i) => ({ id: `padding${i}`, truth: 0 }));
      await sendTruths(home, name, [...lines, { id: 'a', truth }]);
      const file = path.join(folder, 'data', 'ground-truth', 'incoming', 'm', `${name}.jsonl`);
      await utimes(file, new Date(T0), new Date(T0 + minutes * 60_000));
    };
    await send('first', 1, 1);
    await join();
    // It takes two runs; the later statement, which says what the first one did, is read in the first of them.
    await send('t2', 0, 2, 100_000);
    await send('t3', 1, 3);
    await join();
    await join();
    const [shard] = await readShards(home, 'm', '2026-01-01T12');
    expect([...shard!.records.values()]).toMatchObject([{ id: 'a', truth: 1, received: at(3), known: at(0) }]);
    expect(await counts()).toEqual([1, 0, 0, 0]);
  });

  it.each([1, 3_000])(
    'are read behind a byte order mark, and forgotten there, of a file of %i lines',
    async (lines) => {
      await deliverCaptures(home, 'one', at(0), [row('p0', 0.9)]);
      const text = Array.from({ length: lines }, (_, i) => JSON.stringify({ id: `p${i}`, truth: 1 })).join('\n');
      const send = () => home.data.put('ground-truth/incoming/m/marked.jsonl', `\ufeff${text}`);
      await send();
      expect(await join()).toMatchObject({ joined: 1, malformed: 0 });
      await send();
      await forget(home, { prediction: 'p0', actor: 'test' });
      for (const key of await keys('ground-truth/incoming/'))
        expect(new TextDecoder().decode(await home.data.get(key))).not.toContain('"p0"');
      expect(await keys('ground-truth/incoming/')).toHaveLength(lines === 1 ? 0 : 1);
    },
  );

  it('wait as the latest statement says, though one before it is read behind it', async () => {
    await addWaiting(home, 'm', [{ id: 'a', truth: 1, received: at(3) }], now);
    await addWaiting(home, 'm', [{ id: 'a', truth: 0, received: at(2) }], now);
    const { batches } = await readWaiting(home);
    expect(batches.flatMap(({ records }) => records)).toEqual([{ id: 'a', truth: 1, received: at(3) }]);
  });

  it.each([
    ['the champion does not, and the prediction is of another version', 2],
    ['the champion does not, nor does the version of the prediction', 1],
  ])('are nowhere in the clear where a version marks the label personal: %s', async (_, version) => {
    await open(manifest({ contract: { features: contract.features } }));
    const registry = new Registry(home, 'test');
    await registry.apply('m', { type: 'approve', version: 1, reason: 'r' });
    await registry.apply('m', { type: 'release', version: 1, reason: 'r' });
    const marked = { ...contract, data: { label: 'ill', extra: ['ill'], personal: { ill: 'encrypt' } } };
    const { state } = (await home.ledger.latest('m'))!;
    const second = decide(
      state,
      { type: 'register', version: 2, reason: 'r' },
      { model: 'm', at: at(0), actor: 'test' },
    );
    await home.ledger.append(second, { ...versionRecord('m', 2), manifest: manifest({ contract: marked }) });
    await deliverCaptures(home, 'one', at(0), [row('a', 0.9, 0, { version, variant: 'challenger' })]);
    await sendTruths(home, 't', [
      { id: 'a', truth: 'DIAGNOSIS-4' },
      { id: 'nobody', truth: 'DIAGNOSIS-5' },
    ]);
    await home.data.put('ground-truth/incoming/m/malformed.jsonl', '{"id": "a", "truth": "DIAGNOSIS-6"');
    expect(await join()).toMatchObject({ unfit: 1, malformed: 1, waiting: 1 });
    now = new Date(T0 + 3 * 3_600_000);
    expect(await join()).toMatchObject({ expired: 1 });
    const quarantined = await keys('quarantine/ground-truth/m/');
    expect(quarantined).toHaveLength(3);
    for (const key of quarantined)
      expect(new TextDecoder().decode(await home.data.get(key)), key).not.toContain('DIAGNOSIS');
  });

  it('of a class that the decision does not have are kept apart with the reason, which names the classes', async () => {
    await open(
      manifest({
        outputs: [{ name: 'y', meaning: 'probabilities', classes: ['early', 'on time', 'late'] }],
        decision: { task: 'multiclass', output: 'y' },
      }),
    );
    const { scores: _none, ...several } = JSON.parse(row('a', 0)) as Capture;
    await deliverCaptures(home, 'one', at(0), [
      JSON.stringify({ ...several, probabilities: [0.2, 0.5, 0.3] }),
      JSON.stringify({ ...several, id: 'b', labels: [0] }),
    ]);
    await sendTruths(home, 'a', [
      { id: 'a', truth: 'cancelled' },
      { id: 'a', truth: 'on time' },
      { id: 'b', truth: 'late' },
    ]);
    expect(await join()).toMatchObject({ joined: 2, unfit: 1 });
    const [key] = await keys('quarantine/ground-truth/m/');
    expect(new TextDecoder().decode(await home.data.get(key!))).toContain(
      'truth \\"cancelled\\" is no class of the decision, expected early, on time, late',
    );
    expect(mergeHours(await tallies()).get(ALL)!.decisions).toMatchObject({
      n: 2,
      correct: 1,
      confusion: { '1,1': 1, '2,0': 1 },
      probabilities: { brier: { n: 1 } },
    });
  });

  it('of unknown predictions wait in a bounded room, and are counted when they are given up', async () => {
    const unknown = Array.from({ length: 100_010 }, (_, i) => ({ id: `u${i}`, truth: 1 }));
    await sendTruths(home, 'a', unknown);
    expect(await join()).toMatchObject({ waiting: 100_000, expired: 0 });
    expect(await join()).toMatchObject({ expired: 10 });
    expect((await rejectedTruths(home, 'm', new Date(T0))).unknown?.count).toBe(10);
    expect(await rejectedTruths(home, 'm', new Date(T0 + 2 * 86_400_000))).toEqual({});
    expect(await keys('ground-truth/incoming/')).toEqual([]);
  });

  it('of unknown predictions share one room, whatever number of files and runs they come in', async () => {
    const send = (file: string) =>
      sendTruths(
        home,
        file,
        Array.from({ length: 40_000 }, (_, i) => ({ id: `${file}-${i}`, truth: 1 })),
      );
    for (const file of ['a', 'b', 'c']) await send(file);
    expect(await join()).toMatchObject({ waiting: 100_000, expired: 20_000 });
    await send('d');
    expect(await join()).toMatchObject({ waiting: 100_000, expired: 40_000 });
  });

  it('of a long file are taken in parts, the later line of an id counts, and no other file waits for it', async () => {
    await some(3);
    const unknown = Array.from({ length: 120_000 }, (_, i) => ({ id: `u${i}`, truth: 1 }));
    await sendTruths(home, 'a', [{ id: 'p0', truth: 0 }, ...unknown, { id: 'p0', truth: 1 }]);
    await sendTruths(home, 'b', [{ id: 'p1', truth: 1 }]);
    expect(await join()).toMatchObject({ joined: 2, waiting: 99_999 });
    expect(await counts()).toEqual([0, 1, 0, 1]);
    expect(await keys('ground-truth/incoming/')).toEqual(['ground-truth/incoming/m/a.jsonl']);
    expect(await join()).toMatchObject({ joined: 0, corrected: 1, expired: 20_000 });
    expect(await counts()).toEqual([1, 0, 0, 1]);
    expect(await keys('ground-truth/incoming/')).toEqual([]);
    expect(await keys('ground-truth/progress/')).toEqual([]);
  });

  it('are not looked for in a line without an end', async () => {
    await some(1);
    await home.data.put(
      'ground-truth/incoming/m/a.jsonl',
      `{"id": "${'y'.repeat(500_000)}\n{"id": "p0", "truth": 1}\n${'z'.repeat(100_000)}`,
    );
    expect(await join()).toMatchObject({ joined: 1, malformed: 2 });
    const [key] = await keys('quarantine/ground-truth/m/');
    expect((await home.data.head(key!))!.bytes).toBeLessThan(3_000);
  });

  it('count the same in whatever files, order and number of runs they come', async () => {
    const sent = fc.array(fc.record({ id: fc.nat({ max: 7 }), truth: fc.nat({ max: 1 }), file: fc.nat({ max: 3 }) }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(sent, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), async (all, joins) => {
        await open();
        await some(8);
        const last = new Map<number, number>();
        for (let file = 0; file < 4; file++) {
          const own = all.filter((each) => each.file === file);
          await sendTruths(
            home,
            `f${file}`,
            own.map(({ id, truth }) => ({ id: `p${id}`, truth })),
          );
          for (const { id, truth } of own) last.set(id, truth);
          if (joins[file]) await join();
        }
        await join();
        const expected = [0, 0, 0, 0];
        for (const [id, truth] of last) expected[id % 3 === 0 ? 1 - truth : 2 + truth]!++;
        expect(await counts()).toEqual(expected);
      }),
      { numRuns: 8 },
    );
  });
});
