import { beforeEach, describe, expect, it } from 'vitest';
import type { Capture } from '../../../core/captures/capture.ts';
import { hourFolder } from '../../../core/model/hour-folder.ts';
import { type LocalHome, openLocalHome } from '../../../platform/local/home.ts';
import { joinGroundTruth } from '../../../usecases/ground-truth/join-ground-truth.ts';
import { PredictionIndex } from '../../../usecases/ground-truth/prediction-index.ts';
import { describeTruthBacklog } from '../../../usecases/ground-truth/truth-backlog.ts';
import { readShards } from '../../../usecases/quality/joined-shards.ts';
import { rejectedTruths } from '../../../usecases/quality/rejected-truths.ts';
import { RuleBook } from '../../../usecases/quality/version-rules.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { firstEntries, versionRecord } from '../../platform/contract/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const T0 = Date.UTC(2026, 0, 1, 12, 30);
const NOTHING = { joined: 0, corrected: 0, waiting: 0, expired: 0, malformed: 0, unfit: 0, held: 0, unreadable: [] };
const at = (minutes: number) => new Date(T0 + minutes * 60_000);

describe('joinGroundTruth', () => {
  let folder: string;
  let home: LocalHome;
  let now = at(0);

  beforeEach(async () => {
    folder = temporaryFolder('join');
    now = at(0);
    home = await openLocalHome(folder, { now: () => now });
    const record = versionRecord('m', 1);
    await home.ledger.append(firstEntries('m')[0], {
      ...record,
      manifest: { ...record.manifest, decision: { task: 'binary', output: 'y', column: 0, threshold: 0.5 } },
    });
  });

  const capture = (id: string, scores: number[], variant: Capture['variant'] = 'champion'): string =>
    JSON.stringify({
      trimtab: 'capture',
      id,
      model: 'm',
      version: 1,
      variant,
      at: at(0).toISOString(),
      rows: scores.length,
      features: {},
      scores,
      ms: 1,
    } satisfies Capture);
  const deliver = (name: string, minutes: number, ...lines: string[]) => {
    const hour = hourFolder(at(minutes).toISOString());
    return home.captures.put(`captures/${hour}/${name}.jsonl`, lines.join('\n'));
  };
  const truth = (name: string, ...lines: unknown[]) =>
    home.data.put(
      `ground-truth/incoming/m/${name}.jsonl`,
      lines.map((l) => (typeof l === 'string' ? l : JSON.stringify(l))).join('\n'),
    );
  const wrong = async (statistic: string, metric = 'PredictionError') => {
    const points = await home.metrics.query({
      metric,
      dimensions: { Environment: 'local', Model: 'm', Variant: 'champion' },
      statistic,
      periodSeconds: 86_400,
      from: new Date(T0 - 86_400_000),
      to: new Date(T0 + 2 * 86_400_000),
    });
    return points.reduce((sum, p) => sum + p.value, 0);
  };
  const keys = async (prefix: string) => {
    const all: string[] = [];
    for await (const { key } of home.data.list(prefix)) all.push(key);
    return all;
  };

  it('joins rows of requests and counts each wrong decision once', async () => {
    await deliver('one', 0, capture('a', [0.9]), capture('b', [0.1, 0.8]), 'START RequestId: not a capture');
    await truth('t1', { id: 'a', truth: 0 }, { id: 'b#0', truth: 0 }, { id: 'b#1', truth: 1 });
    expect(await joinGroundTruth(home, now)).toEqual({ ...NOTHING, joined: 3 });
    expect([await wrong('SampleCount'), await wrong('Sum')]).toEqual([3, 1]);
    expect(await joinGroundTruth(home, now)).toEqual(NOTHING);
    expect(await wrong('SampleCount')).toBe(3);
    expect(await keys('ground-truth/incoming/')).toEqual([]);
    expect(await keys('ground-truth/joined/')).toEqual([
      'ground-truth/joined/model=m/dt=2026-01-01/hour=12/0000.jsonl.gz',
    ]);
  });

  it('counts nothing again when the work is repeated after a crash', async () => {
    await deliver('one', 0, capture('a', [0.9]));
    await truth('t1', { id: 'a', truth: 0 });
    await joinGroundTruth(home, now);
    // As if the process had been killed before it removed what it had joined.
    await truth('t1', { id: 'a', truth: 0 });
    await joinGroundTruth(home, now);
    expect(await wrong('SampleCount')).toBe(1);
    expect(await keys('ground-truth/incoming/')).toEqual([]);
  });

  it('counts the same truth once, however often and however late it is sent again', async () => {
    await deliver('one', 0, capture('a', [0.9]));
    const send = () => truth('t1', { id: 'a', truth: 0 }, { id: 'late', truth: 0 });
    await truth('t1-2', { id: 'other', truth: 0 });
    for (const minutes of [0, 10, 20]) {
      now = at(minutes);
      await send();
      await joinGroundTruth(home, now);
    }
    await deliver('two', 20, capture('late', [0.9]));
    for (const minutes of [30, 40, 50]) {
      now = at(minutes);
      await joinGroundTruth(home, now);
      await send();
    }
    await joinGroundTruth(home, now);
    expect(await wrong('SampleCount')).toBe(2);
    expect(await keys('ground-truth/incoming/')).toEqual([]);
    expect(await keys('ground-truth/waiting/')).toEqual(['ground-truth/waiting/m/2026-01-01T12-30.json']);
  });

  it('counts truth once that is sent again while it waits, when its capture arrives', async () => {
    const send = () => truth('t1', { id: 'late', truth: 0 });
    await send();
    expect(await joinGroundTruth(home, now)).toMatchObject({ joined: 0, waiting: 1 });
    now = at(30);
    await deliver('one', 30, capture('late', [0.9]));
    await send();
    // What came in and what waits are settled at one go.
    expect(await joinGroundTruth(home, now)).toMatchObject({ joined: 1, waiting: 0 });
    expect([await wrong('SampleCount'), await wrong('Sum')]).toEqual([1, 1]);
    expect(await keys('ground-truth/')).toEqual(['ground-truth/joined/model=m/dt=2026-01-01/hour=12/0000.jsonl.gz']);
  });

  it('keeps what waits when other truth comes under the same name', async () => {
    await truth('t1', { id: 'a', truth: 0 });
    expect(await joinGroundTruth(home, now)).toMatchObject({ joined: 0, waiting: 1 });
    await truth('t1', { id: 'b', truth: 1 });
    expect(await joinGroundTruth(home, at(1))).toMatchObject({ joined: 0 });
    await deliver('late', 2, capture('a', [0.9]), capture('b', [0.9]));
    expect(await joinGroundTruth(home, at(3))).toMatchObject({ joined: 2, waiting: 0 });
    expect([await wrong('SampleCount'), await wrong('Sum')]).toEqual([2, 1]);
    expect(await keys('ground-truth/waiting/')).toEqual([]);
  });

  it('finds no prediction again that was erased from its capture object, however long it runs', async () => {
    const index = new PredictionIndex(home, new RuleBook(home));
    await deliver('one', 0, capture('a', [0.9]), capture('b', [0.9]));
    await truth('t1', { id: 'a', truth: 0 });
    expect(await joinGroundTruth(home, now, index)).toMatchObject({ joined: 1 });
    await deliver('one', 0, capture('a', [0.9]));
    await truth('t2', { id: 'a', truth: 0 }, { id: 'b', truth: 0 });
    expect(await joinGroundTruth(home, now, index)).toMatchObject({ joined: 0, waiting: 1 });
    expect(await keys('ground-truth/waiting/')).toEqual(['ground-truth/waiting/m/2026-01-01T12-30.json']);
  });

  it('keeps truth that replaces an object while that is being read', async () => {
    await deliver('one', 0, capture('a', [0.9]), capture('b', [0.1]));
    await truth('t1', { id: 'a', truth: 0 });
    const get = home.data.get.bind(home.data);
    home.data.get = async (key) => {
      const body = await get(key);
      home.data.get = get;
      await truth('t1', { id: 'b', truth: 0 });
      return body;
    };
    await joinGroundTruth(home, now);
    now = at(1);
    await joinGroundTruth(home, now);
    await joinGroundTruth(home, at(2));
    expect(await wrong('SampleCount')).toBe(2);
  });

  it('waits for captures on their way, round after round, and counts each once', async () => {
    await deliver('one', 0, capture('a', [0.9]));
    await truth('t1', { id: 'a', truth: 1 }, { id: 'late', truth: 1 }, { id: 'later', truth: 1 });
    expect(await joinGroundTruth(home, now)).toMatchObject({ joined: 1, waiting: 2 });
    now = at(40);
    await deliver('two', 40, capture('late', [0.1]));
    expect(await joinGroundTruth(home, now)).toMatchObject({ joined: 1, waiting: 1 });
    now = at(80);
    await deliver('three', 80, capture('later', [0.1]));
    expect(await joinGroundTruth(home, now)).toMatchObject({ joined: 1, waiting: 0 });
    expect([await wrong('SampleCount'), await wrong('Sum')]).toEqual([3, 2]);
    expect(await keys('ground-truth/waiting/')).toEqual([]);
  });

  it('gives up in the end, and keeps what it gave up with the reason', async () => {
    await truth('t1', { id: 'nobody', truth: 1 });
    expect(await joinGroundTruth(home, now)).toMatchObject({ waiting: 1 });
    now = at(121);
    expect(await joinGroundTruth(home, now)).toMatchObject({ waiting: 0, expired: 1 });
    const [key] = await keys('quarantine/ground-truth/');
    const kept = new TextDecoder().decode(await home.data.get(key!));
    expect(JSON.parse(kept)).toEqual({ id: 'nobody', truth: 1, reason: 'no captured prediction has this id' });
    expect(await keys('ground-truth/waiting/')).toEqual([]);
    expect(await rejectedTruths(home, 'm', at(0))).toEqual({
      unknown: { count: 1, reason: 'no captured prediction has this id' },
    });
  });

  it('keeps malformed and unfitting truth with the reason, and joins the rest', async () => {
    await deliver('one', 0, capture('a', [0.9]), capture('b', [0.9]));
    await truth('t1', '{"id":', { id: 'a', truth: 'perhaps' }, { id: 'b', truth: 1 });
    expect(await joinGroundTruth(home, now)).toMatchObject({ joined: 1, malformed: 1 });
    const [key] = await keys('quarantine/ground-truth/');
    const kept = new TextDecoder()
      .decode(await home.data.get(key!))
      .trim()
      .split('\n');
    expect(kept.map((line) => (JSON.parse(line) as { reason: string }).reason)).toEqual([
      'not JSON',
      'truth "perhaps" is nothing that the decision could be, expected 1, 0, true or false',
    ]);
    // Status and doctor say what was put aside, and nothing of what was said to be true.
    expect(await describeTruthBacklog(home, 'm', now)).toEqual({
      arrived: { files: 0, since: null },
      waiting: { truths: 0, since: null },
      rejected: [
        { kind: 'malformed', count: 1, reason: 'not JSON' },
        {
          kind: 'unfit',
          count: 1,
          reason: 'the truth is nothing that the decision could be, expected 1, 0, true or false',
        },
      ],
      days: 7,
      kept: 'quarantine/ground-truth/m/',
    });
  });

  it('takes a truth for as old as it says, so that an older one that comes later corrects nothing', async () => {
    await deliver('one', 0, capture('a', [0.9]));
    await truth('t1', { id: 'a', truth: 1 });
    await joinGroundTruth(home, now);
    await truth('t2', { id: 'a', truth: 0, at: at(-60).toISOString() });
    expect(await joinGroundTruth(home, now)).toMatchObject({ joined: 0, corrected: 0 });
    await truth('t3', { id: 'a', truth: 0, at: 'yesterday' });
    expect(await joinGroundTruth(home, now)).toMatchObject({ malformed: 1 });
  });

  it('keeps predictions from before the release apart: they say nothing of it', async () => {
    const registry = new Registry(home, 'test');
    await registry.apply('m', { type: 'approve', version: 1, reason: 'r' });
    now = at(5);
    await registry.apply('m', { type: 'release', version: 1, reason: 'r' });
    await deliver('one', 5, capture('before', [0.9]));
    await truth('t1', { id: 'before', truth: 0 });
    await joinGroundTruth(home, now);
    expect(await wrong('SampleCount')).toBe(0);
    expect(await wrong('SampleCount', 'PredictionErrorLate')).toBe(1);
  });

  it("does not take a shadow's answer for the one that was given", async () => {
    await deliver('one', 0, capture('a', [0.9]), capture('a', [0.1], 'shadow'));
    await truth('t1', { id: 'a', truth: 1 });
    await joinGroundTruth(home, now);
    expect([await wrong('SampleCount'), await wrong('Sum')]).toEqual([1, 0]);
  });

  describe('of what predictions were worth', () => {
    const worth = (statistic: string) => wrong(statistic, 'Business.reward');
    const outcomes = async (metric: string) =>
      (await readShards(home, 'm', '2026-01-01T12'))
        .flatMap(({ records }) => [...records.values()])
        .filter((record) => record.metric === metric);

    it('counts each value once by who made the prediction, beside ground truth of the same prediction', async () => {
      await deliver('one', 0, capture('a', [0.9]), capture('b', [0.1, 0.8], 'challenger'));
      await truth(
        't1',
        { id: 'a', metric: 'reward', value: 2 },
        { id: 'a', metric: 'reward', value: 4, at: '2026-01-01T12:40:00Z' },
        { id: 'a', truth: 1 },
        { id: 'b#1', metric: 'reward', value: 7 },
      );
      expect(await joinGroundTruth(home, now)).toEqual({ ...NOTHING, joined: 4 });
      expect(await joinGroundTruth(home, now)).toEqual(NOTHING);
      expect([await worth('SampleCount'), await worth('Sum'), await wrong('Sum')]).toEqual([2, 6, 0]);
      expect(await outcomes('reward')).toMatchObject([
        { id: 'a', value: 2, variant: 'champion', version: 1, at: at(0).toISOString() },
        { id: 'a', value: 4, observed: '2026-01-01T12:40:00Z' },
        { id: 'b#1', value: 7, variant: 'challenger' },
      ]);
      expect(await outcomes('revenue')).toEqual([]);
    });

    it('counts nothing twice of what is sent again with more, before and after it was joined', async () => {
      await deliver('one', 0, capture('a', [0.9]));
      const first = { id: 'a', metric: 'reward', value: 2 };
      await truth('t1', first);
      await joinGroundTruth(home, now);
      await truth('t1', first, { id: 'a', metric: 'reward', value: 3, at: '2026-01-01T12:41:00Z' });
      await joinGroundTruth(home, now);
      await truth('t1', first);
      await joinGroundTruth(home, now);
      expect([await worth('SampleCount'), await worth('Sum')]).toEqual([2, 5]);
    });

    it('waits for a prediction that is on its way, and gives up with the reason', async () => {
      await truth('t1', { id: 'late', metric: 'reward', value: 1 }, { id: 'never', metric: 'reward', value: 1 });
      expect(await joinGroundTruth(home, now)).toMatchObject({ waiting: 2 });
      now = at(10);
      await deliver('two', 10, capture('late', [0.9]));
      expect(await joinGroundTruth(home, now)).toMatchObject({ joined: 1, waiting: 1 });
      now = at(180);
      expect(await joinGroundTruth(home, now)).toMatchObject({ expired: 1 });
      expect(await worth('SampleCount')).toBe(1);
    });

    it('keeps what nobody declared, and lines that are malformed, with the reason', async () => {
      await deliver('one', 0, capture('a', [0.9]));
      await truth('t1', { id: 'a', metric: 'made_up', value: 1 }, { id: 'a', metric: 'reward', value: '1' });
      await joinGroundTruth(home, now);
      const [key] = await keys('quarantine/ground-truth/m/');
      const kept = new TextDecoder().decode(await home.data.get(key!));
      expect(kept).toContain('metric made_up is not declared in monitoring.business, expected reward');
      expect(kept).toContain('value is not a number');
    });
  });
});
