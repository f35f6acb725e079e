import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { hourOf, talliesKey } from '../../../core/quality/hour-tallies.ts';
import { inputsKey, noInputs } from '../../../core/quality/inputs.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { QualityView } from '../../../usecases/quality/quality-view.ts';
import { type JoinedRow, tallyHour, tallyRules } from '../../../usecases/quality/tally-rows.ts';
import { firstEntries, versionRecord } from '../../platform/contract/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

interface Oracles {
  readonly binary: { readonly rows: [number, number, number][]; readonly expected: Record<string, number> };
  readonly multiclass: { readonly classes: string[]; readonly rows: number[][] };
  readonly regression: { readonly rows: [number, number][]; readonly expected: Record<string, number> };
}

/** Real predictions with their truths, and what scikit-learn makes of them. */
const oracles = JSON.parse(readFileSync('test/core/quality/oracles.json', 'utf8')) as Oracles;

const features = [{ name: 'origin', type: 'string', allowed: ['EWR', 'JFK', 'E\nWR'] }];
const monitoring = { segments: [{ feature: 'origin' }], business: [{ name: 'revenue', unit: 'EUR' }] };
const manifests: Record<string, Manifest> = Object.fromEntries(
  [
    {
      name: 'flights',
      outputs: [{ name: 'p', meaning: 'probabilities' }],
      decision: { task: 'binary', output: 'p', threshold: 0.35 },
    },
    {
      name: 'carriers',
      outputs: [{ name: 'p', meaning: 'probabilities', classes: oracles.multiclass.classes }],
      decision: { task: 'multiclass', output: 'p' },
    },
    { name: 'minutes', decision: { task: 'regression', output: 'y', tolerance: 15 } },
    { name: 'silent' },
    { name: 'strange', decision: { task: 'binary', output: 'p', threshold: 0.5 } },
  ].map((rest) => [rest.name, Manifest.parse({ contract: { features }, monitoring, ...rest })]),
);

/** A prediction every few seconds of the last hours. */
const row = (i: number, score: number, truth: JoinedRow['feedback'], rest: Partial<JoinedRow> = {}): JoinedRow => ({
  feedback: truth,
  at: new Date(Date.now() - (i % 5) * 3_600_000).toISOString(),
  version: 1,
  variant: 'champion',
  score,
  features: { origin: i % 3 === 0 ? 'JFK' : 'EWR' },
  ...rest,
});
const rows: Record<string, JoinedRow[]> = {
  flights: [
    ...oracles.binary.rows.map(([truth, p], i) => row(i, p, { id: `f${i}`, truth })),
    ...[4, 6].map((value, i) => row(i, 0.5, { id: `f${i}`, metric: 'revenue', value })),
  ],
  carriers: oracles.multiclass.rows.map(([truth, ...p], i) =>
    row(
      i,
      p.indexOf(Math.max(...p)),
      { id: `c${i}`, truth: oracles.multiclass.classes[truth!]! },
      { probabilities: p },
    ),
  ),
  minutes: oracles.regression.rows.map(([truth, guess], i) => row(i, guess, { id: `m${i}`, truth })),
  silent: [],
  strange: [row(0, 0.5, { id: 's', truth: 1 }, { features: { origin: 'E\nWR' } })],
};

describe('trimtab quality', () => {
  const folder = path.join(temporaryFolder('quality'), 'home');

  beforeAll(async () => {
    const home = await openLocalHome(folder);
    for (const [model, manifest] of Object.entries(manifests)) {
      await home.ledger.append(firstEntries(model)[0], { ...versionRecord(model, 1), manifest });
      const rules = tallyRules(manifest, undefined);
      for (const hour of new Set(rows[model]!.map(({ at }) => hourOf(at)))) {
        const own = rows[model]!.filter(({ at }) => hourOf(at) === hour);
        const versions = tallyHour(own, { rulesOf: () => rules });
        const tallies = { schemaVersion: 1, model, hour, joined: {}, delays: {}, versions };
        await home.data.put(talliesKey(model, hour), JSON.stringify(tallies));
      }
    }
    await home.close();
  });

  async function run(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
    const [out, err]: [string[], string[]] = [[], []];
    const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: {} };
    const status = await main(['--home', folder, 'quality', ...argv], io);
    return { status, out: out.join('\n'), err: err.join('\n') };
  }
  const view = async (...argv: string[]): Promise<QualityView> =>
    QualityView.parse(JSON.parse((await run(...argv, '--version', '1', '--json')).out));

  it('shows metrics with intervals, the confusion matrix and a reliability diagram', async () => {
    const { status, out } = await run('flights', '--version', '1');
    expect(status).toBe(0);
    expect(out).toContain('flights 1: 1575 truths');
    expect(out).toMatch(/error rate +43\.5 % +\[41\.1 %, 46\.0 %\] +wilson +1575/);
    expect(out).toMatch(/recall \* +63\.8 %/);
    expect(out).toMatch(/ROC AUC +0\.60\d+ +\[.*\] +bootstrap, ±0\.00\d+/);
    expect(out).toMatch(/positive +399 +226/);
    expect(out.match(/●/g)!.length).toBeGreaterThan(12);
    expect(out).toMatch(/origin=EWR +1050/);
    expect(out).toMatch(/revenue +EUR +5 /);
  });

  it('prints what scikit-learn makes of the same predictions as JSON, put together from five hours', async () => {
    const { metrics } = await view('flights');
    for (const name of ['errorRate', 'recall', 'specificity', 'brier', 'logLoss', 'mcc'])
      expect(metrics[name]!.value, name).toBeCloseTo(oracles.binary.expected[name]!, 9);
    const estimates = (await view('minutes')).metrics;
    for (const name of ['mae', 'rmse', 'bias', 'r2', 'withinTolerance'])
      expect(estimates[name]!.value, name).toBeCloseTo(oracles.regression.expected[name]!, 9);
  });

  it('shows several classes by class, and the most frequent confusions of many', async () => {
    const { out } = await run('carriers', '--version', '1');
    expect(out).toMatch(/macro recall +87\.7 %/);
    expect(out).toMatch(/true +decided +rows/);
    expect(out).toMatch(/UA +\d+ +\d+\.\d % \[/);
  });

  it('shows estimates', async () => {
    const { out } = await run('minutes', '--version', '1');
    expect(out).toMatch(/mean absolute error +7\.089/);
    expect(out).toContain("champion's median");
  });

  it('fits a terminal of 80 columns', async () => {
    for (const model of ['flights', 'carriers', 'minutes'])
      for (const line of (await run(model, '--version', '1')).out.split('\n'))
        expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('shows the other hours when one cannot be read, and says so in a sentence', async () => {
    const home = await openLocalHome(folder);
    const hour = hourOf(new Date(Date.now() - 6 * 3_600_000).toISOString());
    await home.data.put(talliesKey('flights', hour), '{"schemaVersion":1,"model":7}');
    try {
      const { truths, unreadable } = await view('flights');
      expect(truths).toBe(1_575);
      expect(unreadable).toMatchObject([
        { hour, reason: expect.stringMatching(/^quality\/flights\/tallies\/\S+ [^{\n]+$/) },
      ]);
      expect((await run('flights', '--version', '1')).out).toContain(`hour ${hour} cannot be read: quality/flights`);
    } finally {
      await home.data.delete(talliesKey('flights', hour));
      await home.close();
    }
  });

  it('shows a segment', async () => {
    const whole = await view('flights');
    const part = await view('flights', '--segment', 'origin=JFK');
    expect(part.truths).toBe(525);
    expect(part.metrics.errorRate).toEqual(whole.segments.find(({ name }) => name === 'origin=JFK')!.value);
    const { status, err } = await run('flights', '--version', '1', '--segment', 'origin=LGA');
    expect(status).toBe(2);
    expect(err).toContain('origin=EWR, origin=JFK');
  });

  it('shows names of segments on the line of the error', async () => {
    const { err } = await run('flights', '--version', '1', '--segment', 'nope\n=1');
    expect(err.split('\n')).toHaveLength(1);
    expect(err).toContain("no segment 'nope\\n=1'");
    const strange = await run('strange', '--version', '1', '--segment', 'nope=1');
    expect(strange.err.split('\n')).toHaveLength(1);
    expect(strange.err).toContain('origin=E\\nWR');
  });

  it('shows what is missing of requests before there is any truth', async () => {
    const home = await openLocalHome(folder);
    const hour = hourOf(new Date().toISOString());
    const features = { origin: { rows: 4, missing: 1, violations: {} } };
    const inputs = { ...noInputs(), models: { silent: { [hour]: { 1: { rows: 4, features } } } } };
    await home.data.put(inputsKey(hour), JSON.stringify(inputs));
    await home.close();
    const { out } = await run('silent', '--version', '1');
    expect(out).toContain('nothing is known yet');
    expect(out).toMatch(/origin +25\.0 %/);
  });

  it('looks back as far as it is told, and says when there is nothing', async () => {
    const recent = await view('flights', '--window', '2h');
    expect(recent.truths).toBeGreaterThan(300);
    expect(recent.truths).toBeLessThan(1_000);
    expect((await run('silent', '--version', '1')).out).toContain('nothing is known yet');
  });

  it('has a definition of every metric in docs/quality.md', async () => {
    const page = readFileSync('docs/quality.md', 'utf8');
    for (const model of ['flights', 'carriers', 'minutes'])
      for (const name of Object.keys((await view(model)).metrics)) expect(page, name).toContain(`\`${name}\``);
  });

  it('refuses what it does not understand', async () => {
    for (const argv of [['flights'], ['flights', '--version', '7'], ['flights', '--window', 'a day', '--version', '1']])
      expect((await run(...argv)).status, argv.join(' ')).toBe(2);
    expect((await run('nomodel')).err).toContain('no model named nomodel');
  });
});
