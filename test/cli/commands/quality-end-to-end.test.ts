import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../../cli/main.ts';
import { type LocalRuntime, startLocalRuntime } from '../../../local-runtime/local-runtime.ts';
import { CompareView } from '../../../usecases/quality/compare-view.ts';
import { QualityView } from '../../../usecases/quality/quality-view.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** What scikit-learn and scipy make of two versions' answers about these flights (test/core/quality/oracles.py). */
const oracles = JSON.parse(readFileSync('test/core/quality/oracles.json', 'utf8')) as {
  readonly binary: { readonly rows: readonly unknown[]; readonly expected: Record<string, number> };
  readonly paired: Record<
    'bothRight' | 'bothWrong' | 'onlyFirstWrong' | 'onlySecondWrong' | 'mcnemar' | 'spearman',
    number
  > & {
    readonly brier: { readonly mean: number; readonly low: number; readonly high: number };
    readonly agreement: { readonly alike: number; readonly n: number };
  };
};

const DATA = 'models/flight-delay/data/traffic-storm.csv';
const BATCH = 25;

/** Flights of the oracles: every third of those that landed. */
function flights(): { readonly line: string; readonly instance: Record<string, unknown>; readonly late: number }[] {
  const [head, ...lines] = readFileSync(DATA, 'utf8').trimEnd().split('\n');
  const names = head!.split(',');
  const texts = new Set(['carrier', 'origin', 'dest']);
  return lines
    .filter((line) => !line.endsWith(','))
    .filter((_, i) => i % 3 === 0)
    .map((line) => {
      const cells = line.split(',').map((cell, i) => {
        if (texts.has(names[i]!)) return [names[i], cell];
        return [names[i], cell === '' ? null : Number(cell)];
      });
      const { flight_id: _id, scheduled: _at, late, ...instance } = Object.fromEntries(cells);
      return { line, instance, late };
    });
}

describe('a served model whose truths come late, out of order, and corrected', () => {
  const folder = temporaryFolder('quality-end-to-end');
  const home = path.join(folder, 'home');
  const rows = flights();
  let runtime: LocalRuntime;

  async function run(...argv: string[]): Promise<string> {
    const [out, err]: [string[], string[]] = [[], []];
    const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: {} };
    const status = await main(['--home', home, ...argv], io);
    expect(err.join('\n') + (status === 0 ? '' : out.join('\n'))).toBe('');
    return out.join('\n');
  }
  const quality = async (): Promise<QualityView> =>
    QualityView.parse(JSON.parse(await run('quality', 'flight-delay', '--json')));

  const post = async (url: string, body: unknown, headers: Record<string, string> = {}): Promise<void> => {
    const { status } = await fetch(`${runtime.url}${url}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    expect(status).toBeLessThan(300);
  };
  const sendTruths = (truths: readonly { id: string; truth: number }[]): Promise<void> =>
    post('/trimtab/v1/models/flight-delay/truth', { records: truths });

  beforeAll(async () => {
    for (const version of ['1', '3']) {
      await run('register', `models/flight-delay/v${version}`);
      await run('approve', 'flight-delay', version === '1' ? '1' : '2', '--reason', 'test');
    }
    await run('release', 'flight-delay', '1', '--reason', 'test');
    runtime = await startLocalRuntime({ home, port: 0, every: { 'ground-truth': 0.2 } });
    for (let from = 0; from < rows.length; from += BATCH)
      await post(
        '/v1/models/flight-delay:predict',
        { instances: rows.slice(from, from + BATCH).map(({ instance }) => instance) },
        { 'x-request-id': `batch-${from / BATCH}` },
      );
    // Not counted, though its truth is told: its caller has chosen the version.
    await post(
      '/v1/models/flight-delay/versions/1:predict',
      { instances: [rows[0]!.instance] },
      { 'x-request-id': 'named' },
    );
    const truths = rows.map(({ late }, i) => ({ id: `batch-${Math.floor(i / BATCH)}#${i % BATCH}`, truth: late }));
    const shuffled = truths.map((truth, i) => ({ truth, by: (i * 7919) % truths.length })).sort((a, b) => a.by - b.by);
    const ordered = shuffled.map(({ truth }) => truth);
    // Some are told twice, first wrongly, and some before their captures are delivered.
    await sendTruths(ordered.slice(0, 300).map(({ id, truth }) => ({ id, truth: 1 - truth })));
    await runtime.flush();
    await sendTruths([...ordered.slice(900), { id: 'named', truth: 1 }]);
    await sendTruths(ordered.slice(250, 900));
    await vi.waitFor(async () => expect((await quality()).truths).toBe(rows.length), {
      timeout: 30_000,
      interval: 300,
    });
    await sendTruths(ordered.slice(0, 250));
    await vi.waitFor(
      async () => expect((await quality()).metrics.errorRate!.value).toBeCloseTo(oracles.binary.expected.errorRate!, 9),
      { timeout: 30_000, interval: 300 },
    );
  });
  afterAll(() => runtime?.close());

  it('is as good as scikit-learn says, and says what is not counted', async () => {
    const view = await quality();
    expect(view).toMatchObject({ truths: rows.length, uncounted: { named: 1, failed: 0, repeated: 0 } });
    // The rows of a batch are one unit.
    expect(view.units).toBe(Math.ceil(rows.length / BATCH));
    for (const [name, expected] of Object.entries(oracles.binary.expected)) {
      const { value, bound } = view.metrics[name]!;
      expect(Math.abs(value! - expected), name).toBeLessThanOrEqual(bound + 1e-6);
    }
    expect(await run('quality', 'flight-delay')).toContain('not counted: 1 of requests that named the version');
  });

  const expectPaired = (view: CompareView): void => {
    const { bothRight, bothWrong, onlyFirstWrong, onlySecondWrong, mcnemar, brier, agreement, spearman } =
      oracles.paired;
    expect(view).toMatchObject({
      rows: rows.length,
      errors: { bothRight, bothWrong, onlyFirstWrong, onlySecondWrong },
    });
    expect(view.errors!.p).toBeCloseTo(mcnemar, 9);
    expect(view.agreement!.share).toBeCloseTo(agreement.alike / agreement.n, 9);
    expect(view.rankCorrelation).toBeCloseTo(spearman, 4);
    expect(view.metrics.brier!.difference!.mean).toBeCloseTo(brier.mean, 6);
    expect(view.metrics.errorRate!.difference!.mean).toBeCloseTo((onlySecondWrong - onlyFirstWrong) / rows.length, 9);
    const { first, second, difference } = view.metrics.precision!;
    expect(difference!.mean).toBeCloseTo(second.value! - first.value!, 9);
  };

  it('is compared with another version over the captured requests, by unit', async () => {
    const view = CompareView.parse(
      JSON.parse(await run('compare', 'flight-delay', '1', '2', '--replay', '2h', '--json')),
    );
    expectPaired(view);
    expect(view.metrics.brier!.difference!.units).toBe(Math.ceil(rows.length / BATCH));
    expect(view.unknown).toBe(0);
  });

  it('is compared with another version over a labelled file, row by row as scipy does', async () => {
    const file = path.join(folder, 'flights.csv');
    await writeFile(file, [readFileSync(DATA, 'utf8').split('\n')[0], ...rows.map(({ line }) => line), ''].join('\n'));
    const view = CompareView.parse(
      JSON.parse(await run('compare', 'flight-delay', '1', '2', '--data', file, '--json')),
    );
    expectPaired(view);
    for (const part of ['low', 'high'] as const)
      expect(view.metrics.brier!.difference![part]).toBeCloseTo(oracles.paired.brier[part], 6);
    const text = await run('compare', 'flight-delay', '1', '2', '--data', file);
    expect(text).toMatch(/flight-delay 2 against 1: both were asked about the same 1575 rows/);
    expect(text).toMatch(/Brier score \* +0\.24\d* +0\.\d+ +[-+]/);
    for (const line of text.split('\n').slice(1)) expect(line.length).toBeLessThanOrEqual(100);
  });
});
