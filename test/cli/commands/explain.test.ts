import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.ts';
import { type LocalRuntime, startLocalRuntime } from '../../../local-runtime/local-runtime.ts';
import { FLIGHT } from '../../fixtures/serving-fixture.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

describe('trimtab explain', () => {
  const folder = temporaryFolder('explain');
  const home = path.join(folder, 'home');
  const data = path.join(folder, 'flights.json');
  let runtime: LocalRuntime;

  async function run(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
    const [out, err]: [string[], string[]] = [[], []];
    const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: {} };
    const status = await main(['--home', home, ...argv], io);
    return { status, out: out.join('\n'), err: err.join('\n') };
  }

  beforeAll(async () => {
    writeFileSync(data, JSON.stringify([FLIGHT, { ...FLIGHT, origin_delay: 0, carrier_delay: 0 }]));
    runtime = await startLocalRuntime({ home, port: 0 });
    // Time for all of the background however slow this machine is, or two runs would not say the same.
    const model = path.join(folder, 'flight-delay');
    cpSync('models/flight-delay/v3', model, { recursive: true });
    const manifest = JSON.parse(readFileSync(path.join(model, 'model.json'), 'utf8'));
    writeFileSync(path.join(model, 'model.json'), JSON.stringify({ ...manifest, explanations: { budgetMs: 25_000 } }));
    await run('register', model);
    await run('approve', 'flight-delay', '1');
    await run('release', 'flight-delay', '1');
    // The endpoint sees the release when it looks next.
    for (let tries = 0; tries < 600 && (await run('predict', 'flight-delay', '--data', data)).status !== 0; tries++)
      await new Promise((resolve) => setTimeout(resolve, 50));
  });
  afterAll(async () => {
    await runtime.close();
  });

  it('draws what each feature adds, the largest first', async () => {
    const { status, out, err } = await run('explain', 'flight-delay', '--data', data);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toContain('probabilities[1], raw score before logistic; exact values against 100 rows of the baseline');
    const [, first = ''] = out.split(/row \d: /);
    expect(first).toMatch(/^-?[\d.]+ → -?[\d.]+ \([\d.]+ % → [\d.]+ %\)/);
    const sizes = [...first.split('others')[0]!.matchAll(/^[a-z_]+ +\S+ +([+-][\d.]+) /gm)].map(([, text]) =>
      Math.abs(Number(text)),
    );
    expect(sizes).toHaveLength(10);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    expect(first).toMatch(/origin_delay +42 +\+.*│█/);
    expect(first).toContain('7 others');
  });

  it('gives all of it as JSON', async () => {
    const { out } = await run('explain', 'flight-delay', '--data', data, '--json', '--scale', 'output');
    const answer = JSON.parse(out);
    expect(answer).toMatchObject({ version: 1, method: 'sampled', scale: 'output', background: 'rows' });
    for (const { value, baseValue, values } of answer.rows)
      expect(values.reduce((a: number, b: number) => a + b, 0)).toBeCloseTo(value - baseValue, 6);
  });

  it('ranks features by the mean size of their values', async () => {
    const rows = JSON.parse((await run('explain', 'flight-delay', '--data', data, '--json')).out).rows;
    const { importance, explained } = JSON.parse(
      (await run('explain', 'flight-delay', '--data', data, '--global', '--json')).out,
    );
    expect(explained).toBe(2);
    const of = (name: string) => importance.find((each: { name: string }) => each.name === name).meanSize;
    const at = importance.findIndex((each: { name: string }) => each.name === 'origin_delay');
    expect(of('origin_delay')).toBeCloseTo((Math.abs(rows[0].values[at]) + Math.abs(rows[1].values[at])) / 2, 12);
    expect((await run('explain', 'flight-delay', '--data', data, '--global')).out).toMatch(/feature +mean size/);
  });

  it('takes the mean of sizes over all rows, however many requests they take', async () => {
    const many = path.join(folder, 'many.json');
    writeFileSync(many, JSON.stringify(Array.from({ length: 40 }, (_, i) => ({ ...FLIGHT, origin_delay: i - 20 }))));
    const { rows } = JSON.parse((await run('explain', 'flight-delay', '--data', many, '--limit', '40', '--json')).out);
    const found = JSON.parse((await run('explain', 'flight-delay', '--data', many, '--global', '--json')).out);
    expect([rows.length, found.explained]).toEqual([40, 40]);
    const at = found.features.indexOf('origin_delay');
    const values: number[] = rows.map((row: { values: number[] }) => row.values[at]!);
    // Delays make it later, early flights earlier: sizes must not cancel each other.
    const mean = values.reduce((sum, value) => sum + Math.abs(value), 0) / 40;
    expect(found.importance[at]).toEqual({ name: 'origin_delay', meanSize: expect.closeTo(mean, 12) });
    expect(mean).toBeGreaterThan(Math.abs(values.reduce((sum, value) => sum + value, 0)) / 40 + 1e-6);
  });

  it('refuses what the endpoint refuses, in its words', async () => {
    const seen = await run('explain', 'flight-delay', '--data', data, '--column', '5');
    expect(seen).toMatchObject({ status: 1, err: expect.stringContaining('columns 0 to 1, received 5') });
  });
});
