import { type Stratum, strata } from '../../core/experiment/strata.ts';
import { versionDimensions } from '../../core/observability/metric-names.ts';
import type { Home } from '../../platform/ports.ts';

/**
 * For windows up to how long CloudWatch keeps metrics by periods of so many seconds; a little less than it promises.
 */
const RETENTION: readonly (readonly [longestMs: number, periodSeconds: number])[] = [
  [3 * 3_600_000 - 600_000, 1],
  [14 * 86_400_000, 60],
  [60 * 86_400_000, 300],
  [Number.POSITIVE_INFINITY, 3_600],
];

export interface Versions {
  readonly model: string;
  readonly champion: number;
  readonly challenger: number;
}

export interface Window {
  readonly from: Date;
  readonly to: Date;
}

export interface StrataWindow extends Window {
  /** Length of a stratum, at least. */
  readonly periodSeconds: number;
}

/** The shortest period, in seconds and at least `wished`, by which CloudWatch still has metrics over a whole window. */
export function periodFor({ from, to }: Window, wished: number): number {
  const length = to.getTime() - from.getTime();
  const [, kept] = RETENTION.find(([longest]) => length <= longest)!;
  return Math.ceil(wished / kept) * kept;
}

/**
 * Reads a metric of champion and challenger in strata of time, one a period. Only periods that lie wholly within the
 * window are read, so that nothing from before it and nothing that is still arriving is counted.
 */
export async function readStrata(
  home: Pick<Home, 'metrics'>,
  metric: string,
  { model, champion, challenger }: Versions,
  window: StrataWindow,
): Promise<Stratum[]> {
  const periodSeconds = periodFor(window, window.periodSeconds);
  const ms = periodSeconds * 1_000;
  const from = new Date(Math.ceil(window.from.getTime() / ms) * ms);
  const to = new Date(Math.floor(window.to.getTime() / ms) * ms);
  if (from >= to) return [];
  const read = async (version: number, statistic: string): Promise<Map<number, number>> => {
    const dimensions = versionDimensions(home.metrics.environment, model, version);
    const points = await home.metrics.query({ metric, dimensions, statistic, periodSeconds, from, to });
    return new Map(points.map(({ at, value }) => [at.getTime(), value]));
  };
  const [n1, sum1, n2, sum2] = await Promise.all([
    read(champion, 'SampleCount'),
    read(champion, 'Sum'),
    read(challenger, 'SampleCount'),
    read(challenger, 'Sum'),
  ]);
  const periods = [...new Set([...n1.keys(), ...n2.keys()])].sort((a, b) => a - b);
  return [
    ...strata(
      periods.map((at) => ({
        champion: { n: n1.get(at) ?? 0, sum: sum1.get(at) ?? 0 },
        challenger: { n: n2.get(at) ?? 0, sum: sum2.get(at) ?? 0 },
      })),
    ),
  ];
}
