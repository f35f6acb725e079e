import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../../cli/main.ts';
import { RegistrationView } from '../../../usecases/registry/registration-view.ts';
import { ReplayFixture, tableModel } from './replay-fixture.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
/** Right about every number: those that are even are positive. */
const right = numbers(0, 200).map((x) => (x % 2 === 0 ? 0.8 : 0.2) + x / 2_000);
/** Wrong about every fifth. */
const worse = right.map((score, x) => (x % 5 === 0 ? 1 - score : score));

let fixture: ReplayFixture;
beforeEach(async () => {
  fixture = await ReplayFixture.open();
  await fixture.release(await fixture.register(tableModel(right)));
});
afterEach(() => fixture.close());

async function trimtab(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: {} };
  const status = await main(['--home', path.join(fixture.folder, 'home'), ...argv], io);
  return { status, out: out.join('\n'), err: err.join('\n') };
}
const register = async (...folder: string[]): Promise<RegistrationView> =>
  RegistrationView.parse(JSON.parse((await trimtab('register', ...folder, '--json')).out));

/** Of a reference of which rows are kept. */
async function writeBaseline(folder: string): Promise<void> {
  const flat = { kind: 'numeric', rows: 1, missing: 0, edges: [], counts: [1], min: 0, max: 1, mean: 0, m2: 0 };
  const baseline = {
    format: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    source: '0'.repeat(64),
    profile: { rows: 1, columns: { x: flat, 'output:score': flat } },
    chunks: [],
    background: { columns: ['x'], rows: numbers(0, 60).map((x) => [x]) },
  };
  await writeFile(path.join(folder, 'baseline.json'), JSON.stringify(baseline));
}

describe('a version beside the champion', () => {
  it('is compared on joined requests, and refused where it is clearly worse, unless somebody says why not', async () => {
    await fixture.ask(numbers(0, 200));
    await fixture.joinTruths(({ x }) => x % 2 === 0);
    const folder = await fixture.modelFolder(tableModel(worse));
    const { beside, sideBySide } = await register(folder);
    expect(beside).toMatchObject({ champion: 1, source: 'joined', rows: 200, labelled: 200, disagreement: 0.2 });
    expect(beside!.rankCorrelation).toBeLessThan(0.9);
    expect(beside!.metrics.errorRate).toMatchObject({ champion: { value: 0 }, version: { value: 0.2 } });
    expect(beside!.metrics.errorRate!.version.low).toBeGreaterThan(0.1);
    const kept = await fixture.home.artifacts.get(sideBySide!.key);
    expect(JSON.parse(new TextDecoder().decode(kept))).toEqual(beside);
    expect((await trimtab('history', 'table', '--json')).out).toContain('"disagreement": 0.2');

    await trimtab('approve', 'table', '2', '--reason', 'test');
    const refused = await trimtab('release', 'table', '2', '--canary');
    expect(refused.status).toBe(1);
    expect(refused.err).toContain('clearly worse than the champion: ');
    expect(refused.err).toContain('--force --reason');
    expect((await fixture.registry.state('table')).champion).toBe(1);
    expect((await trimtab('release', 'table', '2', '--force')).status).toBe(2);
    expect((await trimtab('release', 'table', '2', '--canary', '--force', '--reason', ' ')).status).toBe(2);
    expect((await trimtab('release', 'table', '2', '--force', '--reason', 'a law asks for it')).status).toBe(0);
    const [entry] = (await fixture.registry.history('table')).slice(-1);
    expect(entry).toMatchObject({
      kind: 'released',
      version: 2,
      reason: expect.stringMatching(/^a law asks for it \(forced, although/),
    });
    expect((await trimtab('history', 'table')).out.replace(/\s+/g, ' ')).toContain('missed: 20 of 100 rows');
    expect(JSON.stringify(entry!.evidence)).toContain('missed: 20 of 100 rows, 0 of version 1');
  });

  it('is compared on what was asked where no truth is known, and released', async () => {
    await fixture.ask(numbers(0, 150));
    const folder = await fixture.modelFolder(tableModel(right.map((score) => score / 2 + 0.25)));
    const { out } = await trimtab('register', folder);
    expect(out).toContain('beside version 1 on 150 captured requests, 0 % decided otherwise, rank correlation 1.000');
    await trimtab('approve', 'table', '2', '--reason', 'test');
    expect((await trimtab('release', 'table', '2')).status).toBe(0);
  });

  it('is compared on rows of its reference where nothing was captured, and found to have no answers', async () => {
    const folder = await fixture.modelFolder(tableModel(right.map(() => Number.NaN)));
    await writeBaseline(folder);
    const { beside } = await register(folder);
    expect(beside).toMatchObject({ source: 'reference', rows: 60, notFinite: 60, labelled: 0, from: null });
    await trimtab('approve', 'table', '2', '--reason', 'test');
    expect((await trimtab('release', 'table', '2')).err).toContain('no finite answer: 60 of 60 rows');
  });

  it.each([
    [
      'gives one answer',
      right.map(() => 0.7),
      {},
      'one answer to all 60 rows, where version 1 gives 60 different ones',
    ],
    [
      'never decides a class',
      right,
      { decision: { task: 'binary', output: 'score', column: 0, threshold: 0.99 } },
      'one decision about all 60 rows, where version 1 decides 30 otherwise than the rest',
    ],
  ])(
    'is refused where it %s and the champion does not, although no truth is known',
    async (_, scores, manifest, why) => {
      const folder = await fixture.modelFolder(tableModel(scores), manifest);
      await writeBaseline(folder);
      expect((await register(folder)).beside).toMatchObject({ source: 'reference', labelled: 0 });
      await trimtab('approve', 'table', '2', '--reason', 'test');
      expect((await trimtab('release', 'table', '2')).err.replace(/\s+/g, ' ')).toContain(why);
      expect((await trimtab('release', 'table', '2', '--force', '--reason', 'r')).status).toBe(0);
    },
  );

  it('is compared again at its release where truths have come since', async () => {
    await fixture.ask(numbers(0, 200));
    const { beside } = await register(await fixture.modelFolder(tableModel(worse)));
    expect(beside).toMatchObject({ source: 'captures', labelled: 0 });
    await fixture.joinTruths(({ x }) => x % 2 === 0);
    await trimtab('approve', 'table', '2', '--reason', 'test');
    expect((await trimtab('release', 'table', '2')).err).toContain('missed: 20 of 100 rows');
  });

  it('is compared on rows of the champion’s reference where its own has none, and released with a warning', async () => {
    const champion = await fixture.modelFolder(tableModel(right.map((score) => score / 2 + 0.25)));
    await writeBaseline(champion);
    await register(champion);
    await trimtab('approve', 'table', '2', '--reason', 'test');
    await trimtab('release', 'table', '2');
    const { beside } = await register(await fixture.modelFolder(tableModel(worse)));
    expect(beside).toMatchObject({ champion: 2, source: 'reference', rows: 60 });
    await trimtab('approve', 'table', '3', '--reason', 'test');
    expect((await trimtab('release', 'table', '3')).err).toBe(
      'note: no truth is known of the 60 rows that it was compared with version 2 on: which of the two is better is not known; it decides 20 % otherwise',
    );
  });

  it('is compared with nothing before there is a champion, or rows', async () => {
    const folder = await fixture.modelFolder(tableModel(worse));
    const { beside, remarks } = await register(folder);
    expect(beside).toBeNull();
    expect(remarks.join()).toContain('no rows are known that both can be asked about');
    expect(remarks.join()).toContain('as `trimtab init` keeps of a table without personal fields');
    await trimtab('approve', 'table', '2', '--reason', 'test');
    expect((await trimtab('release', 'table', '2')).err).toBe(
      'note: nothing could be compared of version 2 with version 1',
    );
    const other = await fixture.modelFolder(tableModel(worse), { name: 'other' });
    expect(await register(other)).toMatchObject({ beside: null, version: 1 });
  });
});
