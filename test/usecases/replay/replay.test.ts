import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hourFolder } from '../../../core/model/hour-folder.ts';
import { replayKey } from '../../../core/replay/replay-tally.ts';
import { loopModel } from '../../fixtures/onnx/write.ts';
import { ReplayFixture, tableModel } from './replay-fixture.ts';

// Models run in processes of their own, which start in their own time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Scores in [0, 1) that look like chance, each another. */
const scores = (n: number, step = 61): number[] => Array.from({ length: n }, (_, i) => ((i * step) % 127) / 127);
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

let fixture: ReplayFixture;
beforeEach(async () => {
  fixture = await ReplayFixture.open();
});
afterEach(() => fixture.close());

/** A champion that knows 100 entries, and a canary beside it. */
async function canary(graph: Uint8Array, manifest: object = {}): Promise<number> {
  await fixture.release(await fixture.register(tableModel(scores(100))));
  const version = await fixture.register(graph, manifest);
  await fixture.canary(version);
  return version;
}

describe('replay with too little time', () => {
  it('asks again later about what could not be asked, though nothing is new', async () => {
    await canary(tableModel(scores(50)));
    await fixture.ask(numbers(0, 130));
    const now = new Date();
    await fixture.replay().run(now);
    expect(await fixture.replay().run(now)).toEqual([]);
    const [whole] = await fixture.tallies();
    // As a run leaves it whose time was over before anything was asked.
    const made = { ...whole!.made!, problems: ['not all could be asked in time'] };
    const failures = { n: 0, both: 0, suspectOnly: 0, referenceOnly: 0 };
    await fixture.home.data.put(replayKey(whole!), JSON.stringify({ ...whole, asked: 0, failures, made }));
    const replay = fixture.replay();
    expect(await replay.run(now)).toMatchObject([{ problems: [] }]);
    expect(await fixture.tallies()).toEqual([whole]);
    expect(await replay.run(now)).toEqual([]);
  });
});

describe('replay of a canary', () => {
  it('tells requests that the canary alone fails from those that every version fails', async () => {
    const version = await canary(tableModel(scores(50)));
    await fixture.ask([...numbers(0, 130), ...numbers(0, 130)]);
    const [summary] = await fixture.replay().run(new Date());
    expect(summary).toMatchObject({ model: 'table', suspect: version, reference: 1, problems: [] });
    const own = await fixture.captured(version);
    const failed = own.filter((each) => each.failed);
    const [tally, ...others] = await fixture.tallies();
    expect(others).toEqual([]);
    const both = failed.filter(({ x }) => x >= 100).length;
    expect(both).toBeGreaterThan(0);
    expect(tally).toMatchObject({
      suspect: version,
      reference: 1,
      asked: own.length,
      notReplayable: 0,
      failures: { n: failed.length, both, suspectOnly: failed.length - both, referenceOnly: 0 },
      answers: { n: own.length - failed.length, disagree: 0, notFinite: 0 },
      made: { requests: own.length, rows: own.length - failed.length },
    });
    expect(tally!.answers.rankCorrelation).toBeCloseTo(1, 9);
  });

  it('shows a canary whose answers belong to other rows', async () => {
    const version = await canary(tableModel(scores(100, 23)));
    await fixture.ask([...numbers(0, 100), ...numbers(0, 100)]);
    await fixture.replay().run(new Date());
    const own = await fixture.captured(version);
    const differing = own.filter(({ x, score }) => score >= 0.5 !== scores(100)[x]! >= 0.5).length;
    const [tally] = await fixture.tallies();
    expect(tally!.answers).toMatchObject({ n: own.length, disagree: differing });
    expect(differing / own.length).toBeGreaterThan(0.3);
    expect(Math.abs(tally!.answers.rankCorrelation!)).toBeLessThan(0.4);
  });

  it('counts nothing twice, however often it runs, and makes anew what has something new', async () => {
    const version = await canary(tableModel(scores(101)));
    await fixture.ask(numbers(0, 40));
    const replay = fixture.replay();
    await replay.run(new Date());
    const [first] = await fixture.tallies();
    expect(await replay.run(new Date())).toEqual([]);
    // As after a restart.
    expect(await fixture.replay().run(new Date())).toEqual([]);
    expect(await fixture.tallies()).toEqual([first]);
    await fixture.ask(numbers(0, 40));
    await Promise.all([fixture.replay().run(new Date()), fixture.replay().run(new Date())]);
    const tallies = await fixture.tallies();
    expect(tallies).toHaveLength(1);
    expect(tallies[0]!.made!.requests).toBe((await fixture.captured(version)).length);
  });

  it('leaves out requests that named the version, and the same request sent again', async () => {
    const version = await canary(tableModel(scores(101)));
    await fixture.ask(numbers(0, 30), { 'x-trimtab-version': String(version) });
    await fixture.ask(numbers(0, 30));
    await fixture.replay().run(new Date());
    const named = 30;
    const [tally] = await fixture.tallies();
    const own = await fixture.captured(version);
    expect(own.length).toBeGreaterThan(named);
    expect(tally!.made!.requests).toBe(own.length - named);
  });

  it('reads past captures that are torn', async () => {
    const version = await canary(tableModel(scores(101)));
    await fixture.ask(numbers(0, 40));
    const { length } = await fixture.captured(version);
    const folder = `captures/${hourFolder(new Date().toISOString())}`;
    await fixture.home.captures.put(`${folder}/torn.jsonl`, '{"trimtab":"capture","model":"table","id":"half');
    await fixture.home.captures.put(`${folder}/torn.jsonl.gz`, Uint8Array.of(0x1f, 0x8b, 8, 0, 0));
    await fixture.replay().run(new Date());
    expect((await fixture.tallies())[0]!.made!.requests).toBe(length);
  });

  it('says that a version whose file is gone cannot be loaded, and counts it as failing', async () => {
    const version = await canary(tableModel(scores(50)));
    await fixture.ask(numbers(40, 90));
    const record = (await fixture.home.ledger.version('table', 1))!;
    await fixture.home.artifacts.delete(record.artifact.key);
    const [summary] = await fixture.replay().run(new Date());
    expect(summary!.problems.join()).toContain('version 1 cannot be loaded: no object under models/');
    const failed = (await fixture.captured(version)).filter((each) => each.failed).length;
    expect(failed).toBeGreaterThan(0);
    expect((await fixture.tallies())[0]).toMatchObject({
      failures: { n: failed, both: failed, suspectOnly: 0 },
      answers: { n: 0 },
    });
  });

  it('counts requests whose inputs are not kept, and asks nobody', async () => {
    const version = await canary(tableModel(scores(101)), {
      contract: { features: [{ name: 'x', type: 'integer', personal: 'omit' }] },
    });
    await fixture.ask(numbers(0, 40));
    const [summary] = await fixture.replay({ entry: { file: '/nowhere' } }).run(new Date());
    expect(summary!.problems.join()).toContain('feature x is personal');
    const [tally] = await fixture.tallies();
    expect(tally).toMatchObject({ suspect: version, asked: 0, failures: { n: 0 }, answers: { n: 0 } });
    expect(tally!.notReplayable).toBe(tally!.made!.requests);
    expect(tally!.notReplayable).toBeGreaterThan(0);
  });

  it('ends with its time, though a version hangs, and counts that as failing', async () => {
    const count = { contract: { features: [{ name: 'count', type: 'integer' }] } };
    const decision = { task: 'binary', output: 'product', column: 0 };
    await fixture.release(await fixture.register(loopModel(), { ...count, decision }));
    const version = await fixture.register(tableModel(scores(50), 'count'), count);
    await fixture.canary(version);
    await fixture.forge(version, { features: { count: [100_000_000_000] }, failed: 'internal' });
    const from = performance.now();
    const [summary] = await fixture.replay({ budgetMs: 8_000, runTimeoutMs: 1_500 }).run(new Date());
    expect(performance.now() - from).toBeLessThan(15_000);
    expect(summary!.problems.join()).toContain('has not answered within 1.5 s');
    expect((await fixture.tallies())[0]).toMatchObject({ failures: { n: 1, both: 1 } });
  });

  it('asks again whether what was slow is slow again', async () => {
    const count = { contract: { features: [{ name: 'count', type: 'integer' }] } };
    const decision = { task: 'binary', output: 'product', column: 0 };
    await fixture.release(await fixture.register(tableModel(scores(50), 'count'), count));
    const slow = await fixture.register(loopModel(), { ...count, decision, monitoring: { maxLatencyMs: 250 } });
    await fixture.canary(slow);
    // The first because of what it asks, the second because of where it ran.
    await fixture.forge(slow, { features: { count: [30_000_000] }, scores: [1], ms: 900 });
    await fixture.forge(slow, { features: { count: [2] }, scores: [1], ms: 900 });
    await fixture.replay().run(new Date());
    // The champion does not know the first: it fails at once, and failing is not answering in time.
    expect((await fixture.tallies())[0]!.slow).toEqual({ n: 2, both: 1, suspectOnly: 0, referenceOnly: 0 });
  });

  it('holds the predecessor of a fresh champion against the truths of its requests', async () => {
    const right = numbers(0, 100).map((x) => (x % 2 === 0 ? 0.9 : 0.1));
    // Wrong about every tenth.
    const wrong = right.map((score, x) => (x % 10 === 0 ? 1 - score : score));
    await fixture.release(await fixture.register(tableModel(right)));
    const version = await fixture.register(tableModel(wrong));
    await fixture.release(version);
    await fixture.ask(numbers(0, 100));
    await fixture.joinTruths(({ x }) => x % 2 === 0);
    const [summary] = await fixture.replay().run(new Date());
    expect(summary).toMatchObject({ suspect: version, reference: 1 });
    const [tally] = await fixture.tallies();
    const pairs = { both: 0, suspectOnly: 10, referenceOnly: 0 };
    expect(tally!.truth).toMatchObject([
      { metric: 'errorRate', className: null, pairs: { n: 100, ...pairs } },
      { metric: 'recall', className: null, pairs: { n: 50, ...pairs } },
      { metric: 'specificity', className: null, pairs: { n: 50, both: 0, suspectOnly: 0, referenceOnly: 0 } },
    ]);
  });
});
