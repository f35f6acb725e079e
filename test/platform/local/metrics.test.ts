import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { metricLine } from '../../../core/serving/emf.ts';
import { LocalMetrics } from '../../../platform/local/metrics.ts';

const T0 = Date.UTC(2026, 0, 1, 12, 0, 0);
const clock = { now: () => new Date(T0 + 60_000) };
const line = (seconds: number, values: number[], variant: 'champion' | 'challenger' = 'champion') =>
  metricLine({ model: 'm', variant, version: 1, at: T0 + seconds * 1_000, values: { Wrong: values } });

describe('LocalMetrics', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-metrics-'));
    file = path.join(folder, 'metrics.jsonl');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const ask = (metrics: LocalMetrics, statistic: string, periodSeconds = 10) =>
    metrics
      .query({
        metric: 'Wrong',
        dimensions: { Model: 'm', Variant: 'champion' },
        statistic,
        periodSeconds,
        from: new Date(T0),
        to: new Date(T0 + 60_000),
      })
      .then((points) => points.map((p) => [(p.at.getTime() - T0) / 1_000, p.value]));

  it('computes statistics over periods aligned to their length, and skips empty ones', async () => {
    const metrics = new LocalMetrics(file, clock);
    metrics.write(line(0, [0, 1, 1, 1]));
    metrics.write(line(9.999, [0]));
    metrics.write(line(20, [5, 3]));
    metrics.write(line(3, [9], 'challenger'));
    expect(await ask(metrics, 'Average')).toEqual([
      [0, 0.6],
      [20, 4],
    ]);
    expect(await ask(metrics, 'SampleCount')).toEqual([
      [0, 5],
      [20, 2],
    ]);
    expect(await ask(metrics, 'Sum', 60)).toEqual([[0, 11]]);
    expect(await ask(metrics, 'Minimum', 60)).toEqual([[0, 0]]);
    expect(await ask(metrics, 'Maximum', 60)).toEqual([[0, 5]]);
    expect(await ask(metrics, 'p50', 60)).toEqual([[0, 1]]);
    expect(await ask(metrics, 'p99', 60)).toEqual([[0, 5]]);
  });

  it('finds after a restart what was written before, and what another process writes', async () => {
    const first = new LocalMetrics(file, clock);
    first.write(line(0, [1]));
    first.flush();
    const second = new LocalMetrics(file, clock);
    expect(await ask(second, 'SampleCount')).toEqual([[0, 1]]);
    first.write(line(1, [1]));
    first.flush();
    second.write(line(2, [1]));
    expect(await ask(second, 'SampleCount')).toEqual([[0, 3]]);
    expect(await ask(first, 'SampleCount')).toEqual([[0, 3]]);
  });

  it('survives a line that was cut off by a crash', async () => {
    const first = new LocalMetrics(file, clock);
    first.write(line(0, [1]));
    first.flush();
    appendFileSync(file, `${line(0, [1]).slice(0, 40)}\n`);
    expect(await ask(new LocalMetrics(file, clock), 'SampleCount')).toEqual([[0, 1]]);
  });
});
