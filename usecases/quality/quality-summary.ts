import * as z from 'zod';
import type { Manifest } from '../../core/manifest/manifest.ts';
import { Metric } from '../../core/quality/metric.ts';
import type { Home } from '../../platform/ports.ts';
import { describeQuality, headlineOf, talliesOfVersion } from './describe-quality.ts';
import { readTallies } from './read-tallies.ts';

/** Days of predictions that it looks back. */
const DAYS = 7;

/** How good a version was lately, by the one metric that it is shown by. */
export const QualitySummary = z.strictObject({
  metric: z.string().describe('errorRate, of regressions mae, and precision where truth is known of positives only.'),
  value: Metric.describe('That metric.'),
  truths: z.int().min(1).describe('Predictions whose truth is known.'),
  days: z.int().min(1).describe('Days of predictions that it looks back.'),
});
export type QualitySummary = z.infer<typeof QualitySummary>;

/** @returns null where no truth of that time is known, or nothing decides */
export async function summariseQuality(
  home: Pick<Home, 'data' | 'clock'>,
  { model, version, manifest }: { readonly model: string; readonly version: number; readonly manifest: Manifest },
): Promise<QualitySummary | null> {
  const to = home.clock.now();
  const from = new Date(to.getTime() - DAYS * 24 * 3_600_000);
  // Of an hour that cannot be read `trimtab quality` says so.
  const hours = await readTallies(home, { model, from, to, unreadable: () => undefined });
  const { metrics, truths } = describeQuality(talliesOfVersion(hours, version), { model, version, manifest, from, to });
  const metric = headlineOf(manifest);
  const value = metrics[metric];
  return value === undefined || truths === 0 ? null : { metric, value, truths, days: DAYS };
}
