import { appendFileSync, mkdirSync, readFileSync, renameSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { Bookkeeping } from '../../../core/observability/bookkeeping.ts';
import { metricLine } from '../../../core/observability/emf.ts';
import { ForeignMetricError } from '../../../platform/errors.ts';
import { LocalMetrics } from '../../../platform/local/metrics.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const T0 = Date.UTC(2026, 0, 1, 12, 0, 0);
const line = (
  seconds: number,
  values: number[],
  variant: 'champion' | 'challenger' = 'champion',
  environment = 'local',
) =>
  metricLine({
    environment,
    model: 'm',
    variant,
    version: 1,
    at: T0 + seconds * 1_000,
    values: { PredictionError: values },
  });

describe('LocalMetrics', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = temporaryFolder('metrics');
    file = path.join(folder, 'metrics.jsonl');
  });

  const ask = (metrics: LocalMetrics, statistic: string, periodSeconds = 10, environment = metrics.environment) =>
    metrics
      .query({
        metric: 'PredictionError',
        dimensions: { Environment: environment, Model: 'm', Variant: 'champion' },
        statistic,
        periodSeconds,
        from: new Date(T0),
        to: new Date(T0 + 60_000),
      })
      .then((points) => points.map((p) => [(p.at.getTime() - T0) / 1_000, p.value]));

  it('keeps environments in one file apart, and reads its own alone', async () => {
    const [mine, theirs] = ['local', 'prod'].map((environment) => new LocalMetrics(file, { environment }));
    mine!.write(line(0, [0, 0]));
    theirs!.write(line(0, [1, 1, 1], 'champion', 'prod'));
    for (const metrics of [mine!, theirs!]) await metrics.flush();
    expect(await ask(mine!, 'Sum')).toEqual([[0, 0]]);
    expect(await ask(theirs!, 'Sum')).toEqual([[0, 3]]);
    await expect(ask(mine!, 'Sum', 10, 'prod')).rejects.toThrow(ForeignMetricError);
  });

  it('computes statistics over periods aligned to their length, and skips empty ones', async () => {
    const metrics = new LocalMetrics(file, { environment: 'local' });
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
    const first = new LocalMetrics(file, { environment: 'local' });
    first.write(line(0, [1]));
    await first.flush();
    const second = new LocalMetrics(file, { environment: 'local' });
    expect(await ask(second, 'SampleCount')).toEqual([[0, 1]]);
    first.write(line(1, [1]));
    await first.flush();
    second.write(line(2, [1]));
    expect(await ask(second, 'SampleCount')).toEqual([[0, 3]]);
    expect(await ask(first, 'SampleCount')).toEqual([[0, 3]]);
  });

  it('survives a line that was cut off by a crash', async () => {
    const first = new LocalMetrics(file, { environment: 'local' });
    first.write(line(0, [1]));
    await first.flush();
    appendFileSync(file, `${line(0, [1]).slice(0, 40)}\n`);
    expect(await ask(new LocalMetrics(file, { environment: 'local' }), 'SampleCount')).toEqual([[0, 1]]);
  });

  it('counts every line of several processes that write into one file at once, and none twice', async () => {
    const all = Array.from({ length: 4 }, () => new LocalMetrics(file, { environment: 'local' }));
    for (let i = 0; i < 50; i++)
      for (const metrics of all) {
        metrics.write(line(i % 10, [1]));
        if ((i + all.indexOf(metrics)) % 3 === 0) await metrics.flush();
        if (i % 7 === 0) await ask(metrics, 'Sum');
      }
    for (const metrics of all) await metrics.flush();
    for (const metrics of all) expect(await ask(metrics, 'Sum')).toEqual([[0, 200]]);
  });

  it('loses nothing to readers when the file is put aside for a new one', async () => {
    const writer = new LocalMetrics(file, { environment: 'local', maxBytes: 2_000 });
    const reader = new LocalMetrics(file, { environment: 'local', maxBytes: 2_000 });
    for (let i = 0; i < 60; i++) {
      writer.write(line(i % 10, [1]));
      await writer.flush();
      await ask(reader, 'Sum');
    }
    expect(await ask(reader, 'Sum')).toEqual([[0, 60]]);
    expect(statSync(file).size + statSync(`${file}.1`).size).toBeLessThan(6_000);
  });

  it('keeps what cannot be written, tells it to whoever asks, and counts it once when it can', async () => {
    const bookkeeping = new Bookkeeping(Date.now);
    const folder = path.join(path.dirname(file), 'home');
    const own = path.join(folder, 'metrics.jsonl');
    const metrics = new LocalMetrics(own, { environment: 'local', bookkeeping });
    metrics.write(line(0, [1]));
    expect(await ask(metrics, 'SampleCount')).toEqual([[0, 1]]);
    renameSync(folder, `${folder}.aside`);
    writeFileSync(folder, 'a file where a folder should be');
    metrics.write(line(1, [1]));
    metrics.write(line(1, [1]));
    await metrics.flush();
    expect(bookkeeping.records).toMatchObject([{ what: 'metrics', until: null, lost: 0 }]);
    expect(await ask(metrics, 'SampleCount')).toEqual([[0, 3]]);
    renameSync(folder, `${folder}.broken`);
    renameSync(`${folder}.aside`, folder);
    metrics.write(line(2, [1]));
    expect(await ask(metrics, 'SampleCount')).toEqual([[0, 4]]);
    expect(bookkeeping.troubled).toBe(false);
    expect(await ask(new LocalMetrics(own, { environment: 'local' }), 'SampleCount')).toEqual([[0, 4]]);
  });

  it('holds no more than it may of what cannot be written: the oldest are dropped, and counted', async () => {
    const bookkeeping = new Bookkeeping(Date.now);
    mkdirSync(file);
    const metrics = new LocalMetrics(file, { environment: 'local', bookkeeping, maxWaiting: 10_000 });
    for (let i = 0; i < 100; i++) {
      metrics.write(line(i / 100, [1]));
      if (i % 10 === 0) await metrics.flush();
    }
    rmdirSync(file);
    await metrics.flush();
    const written = readFileSync(file, 'utf8').trim().split('\n').length;
    expect(written).toBeGreaterThan(10);
    expect(bookkeeping.records.reduce((sum, { lost }) => sum + lost, written)).toBe(100);
    expect(readFileSync(file, 'utf8').length).toBeLessThanOrEqual(10_100);
  });

  it('does not join a line to what a full disk has left of another', async () => {
    writeFileSync(file, line(0, [1]).slice(0, 40));
    const metrics = new LocalMetrics(file, { environment: 'local' });
    metrics.write(line(0, [1]));
    await metrics.close();
    expect(await ask(new LocalMetrics(file, { environment: 'local' }), 'SampleCount')).toEqual([[0, 1]]);
  });

  it('keeps percentiles of many distinct values within 1 %', async () => {
    const metrics = new LocalMetrics(file, { environment: 'local' });
    const values = Array.from({ length: 5_000 }, (_, i) => 0.1 + ((i * 7919) % 5_000) / 10);
    for (let i = 0; i < values.length; i += 100) metrics.write(line(1, values.slice(i, i + 100)));
    for (const percent of [1, 50, 90, 99]) {
      const exact = 0.1 + (percent * 50 - 1) / 10;
      const [[, found] = [0, 0]] = (await ask(metrics, `p${percent}`)) as [number, number][];
      expect(Math.abs(found - exact) / exact).toBeLessThan(0.012);
    }
    expect(await ask(metrics, 'Maximum')).toEqual([[0, Math.max(...values)]]);
  });

  it('keeps sums and counts when seconds grow old and become minutes', async () => {
    const metrics = new LocalMetrics(file, { environment: 'local' });
    for (let s = 0; s < 3_600; s += 5) metrics.write(line(s, [s % 2]));
    const points = await metrics.query({
      metric: 'PredictionError',
      dimensions: { Variant: 'champion', Model: 'm', Environment: 'local' },
      statistic: 'SampleCount',
      periodSeconds: 300,
      from: new Date(T0),
      to: new Date(T0 + 3_600_000),
    });
    expect(points.map((p) => p.value)).toEqual(Array.from({ length: 12 }, () => 60));
  });

  it('keeps what a release did for as long as it is young, in periods of five minutes, and bounds the rest', async () => {
    const metrics = new LocalMetrics(file, { environment: 'local' });
    const day = 86_400;
    for (let s = 0; s < 10 * day; s += 60) metrics.write(line(s, [1]));
    const points = await metrics.query({
      metric: 'PredictionError',
      dimensions: { Variant: 'champion', Model: 'm', Environment: 'local' },
      statistic: 'Sum',
      periodSeconds: 300,
      from: new Date(T0),
      to: new Date(T0 + 10 * day * 1_000),
    });
    expect(points.every(({ value }) => value === 5)).toBe(true);
    expect(points).toHaveLength(8 * 288 + 1);
    expect(points[0]!.at.getTime()).toBe(T0 + (2 * day - 300) * 1_000);
  });

  it('refuses a statistic that there is not', async () => {
    const metrics = new LocalMetrics(file, { environment: 'local' });
    metrics.write(line(0, [1]));
    await expect(ask(metrics, 'Median')).rejects.toThrow('received Median');
  });
});
