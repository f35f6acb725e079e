import { proportionBounds } from '../../core/judge/proportion.ts';
import { ShadowPolicy } from '../../core/manifest/shadow.ts';
import { versionDimensions } from '../../core/observability/metric-names.ts';
import type { Command } from '../../core/registry/commands.ts';
import type { Shadow } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';
import { periodFor } from './metric-strata.ts';
import type { ShadowStatus } from './status-view.ts';

/** Chance that the interval is ever wrong, however often it is looked at. */
const LEVEL = 0.05;

/** Reads how often a shadow disagreed, from the metrics of its version. */
export async function shadowStatusOf(
  home: Pick<Home, 'metrics'>,
  now: Date,
  model: string,
  { version, since }: Shadow,
): Promise<ShadowStatus> {
  const from = new Date(since);
  const read = async (metric: string, statistic: string): Promise<number[]> => {
    const dimensions = versionDimensions(home.metrics.environment, model, version);
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
  const [low, high] = proportionBounds({ n: samples, bad: share * samples }, LEVEL);
  return { version, samples, disagreement: share, low, high, largest: Math.max(0, ...differences) };
}

export interface ShadowReview {
  readonly now: Date;
  readonly model: string;
  readonly shadow: Shadow;
  /** @default that of a manifest which says nothing of it */
  readonly policy?: ShadowPolicy | undefined;
}

/**
 * The next command about a shadow that is to become a canary. The canary starts once the shadow's answers surely agree
 * with the champion's often enough; the shadow stops once they surely do not.
 *
 * @returns a command, or what is waited for
 */
export async function nextShadowCommand(
  home: Pick<Home, 'metrics'>,
  { now, model, shadow, policy = ShadowPolicy.parse({}) }: ShadowReview,
): Promise<Command | string> {
  const { maxDisagreement } = policy;
  const { version, canary } = shadow;
  if (canary === undefined) return 'no canary';
  const standing = await shadowStatusOf(home, now, model, shadow);
  const { low, high } = standing;
  const evidence = { ...standing, from: shadow.since, to: now.toISOString(), maxDisagreement };
  const reason = `${shadowText(standing)}; ${percent(maxDisagreement)} are let pass`;
  if (high <= maxDisagreement) return { type: 'start-canary', version, steps: canary, reason, evidence };
  if (low > maxDisagreement) return { type: 'stop-shadow', reason, evidence };
  return `not clear yet: ${reason}`;
}

/** A shadow's status in one sentence. */
export const shadowText = ({ samples, disagreement, low, high, largest }: ShadowStatus): string =>
  samples === 0
    ? 'no answers have been compared yet'
    : `disagrees in ${percent(disagreement)} of ${samples} answers [${percent(low)}, ${percent(high)}], largest difference ${Number(largest.toPrecision(3))}`;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
