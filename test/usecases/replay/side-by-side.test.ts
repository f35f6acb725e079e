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
    expect(refused.err).toContain('clearly worse than the champion on the same rows');
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
    const { beside } = await register(folder);
    expect(beside).toMatchObject({ source: 'reference', rows: 60, notFinite: 60, labelled: 0, from: null });
    await trimtab('approve', 'table', '2', '--reason', 'test');
    expect((await trimtab('release', 'table', '2')).err).toContain('no finite answer: 60 of 60 rows');
  });

  it('is compared with nothing before there is a champion, or rows', async () => {
    const folder = await fixture.modelFolder(tableModel(worse));
    const { beside, remarks } = await register(folder);
    expect(beside).toBeNull();
    expect(remarks.join()).toContain('no rows are known that both can be asked about');
    const other = await fixture.modelFolder(tableModel(worse), { name: 'other' });
    expect(await register(other)).toMatchObject({ beside: null, version: 1 });
  });
});
