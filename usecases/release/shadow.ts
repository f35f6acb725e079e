import { ShadowPolicy } from '../../core/manifest/shadow.ts';
import type { Command } from '../../core/registry/commands.ts';
import type { Shadow } from '../../core/registry/ledger.ts';
import { wilson } from '../../core/rollback/evidence.ts';
import type { Home } from '../../platform/ports.ts';
import { periodFor } from './metric-strata.ts';

/** What is known of a shadow's answers since it began. */
export interface ShadowStatus {
  readonly version: number;
  /** Requests whose answers were compared. */
  readonly samples: number;
  /** Share of them that disagreed, with its 95 % interval (Wilson). */
  readonly disagreement: number;
  readonly low: number;
  readonly high: number;
  /** Largest difference of two numbers. */
  readonly largest: number;
}

export async function shadowStatusOf(
  home: Pick<Home, 'metrics'>,
  now: Date,
  model: string,
  { version, since }: Shadow,
): Promise<ShadowStatus> {
  const from = new Date(since);
  const read = async (metric: string, statistic: string): Promise<number[]> => {
    const dimensions = { Model: model, Version: String(version) };
    const periodSeconds = periodFor({ from, to: now }, 60);
    const points = await home.metrics.query({ metric, dimensions, statistic, periodSeconds, from, to: now });
    return points.map(({ value }) => value);
  };
  const [counts, sums, differences] = await Promise.all([
    read('ShadowDisagreement', 'SampleCount'),
    read('ShadowDisagreement', 'Sum'),
    read('ShadowDifference', 'Maximum'),
  ]);
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  const samples = total(counts);
  const share = samples === 0 ? 0 : total(sums) / samples;
  const [low, high] = samples === 0 ? [0, 1] : wilson(share, samples);
  return { version, samples, disagreement: share, low, high, largest: Math.max(0, ...differences) };
}

/**
 * What is to be done about a shadow whose canary waits for it: the canary begins when its answers surely agree often
 * enough, and never when they surely do not.
 *
 * @returns a command, or what is waited for
 */
export async function nextShadowCommand(
  home: Pick<Home, 'metrics'>,
  now: Date,
  model: string,
  shadow: Shadow,
  { minSamples, maxDisagreement }: ShadowPolicy = ShadowPolicy.parse({}),
): Promise<Command | string> {
  const { version, canary } = shadow;
  if (canary === undefined) return 'no canary';
  const standing = await shadowStatusOf(home, now, model, shadow);
  const { samples, low, high } = standing;
  if (samples < minSamples) return `${samples} of ${minSamples} answers of the shadow have been compared`;
  const evidence = { ...standing, from: shadow.since, to: now.toISOString(), maxDisagreement };
  const reason = `${shadowText(standing)}; ${percent(maxDisagreement)} are let pass`;
  if (high <= maxDisagreement) return { type: 'start-canary', version, steps: canary, reason, evidence };
  if (low > maxDisagreement) return { type: 'stop-shadow', reason, evidence };
  return `not clear yet: ${reason}`;
}

/** In words. */
export const shadowText = ({ samples, disagreement, low, high, largest }: ShadowStatus): string =>
  samples === 0
    ? 'no answers have been compared yet'
    : `disagrees in ${percent(disagreement)} of ${samples} answers [${percent(low)}, ${percent(high)}], largest difference ${Number(largest.toPrecision(3))}`;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
