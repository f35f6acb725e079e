import { type Stratum, strata } from '../../core/experiment/strata.ts';
import type { Home } from '../../platform/ports.ts';

/** How long metrics are kept by the second, by the minute, and by five minutes: by CloudWatch, shortened by a little. */
const FINE_MS = 3 * 3_600_000 - 600_000;
const MINUTES_MS = 14 * 86_400_000;
const FIVE_MINUTES_MS = 60 * 86_400_000;

export interface Versions {
  readonly model: string;
  readonly champion: number;
  readonly challenger: number;
}

export interface Window {
  readonly from: Date;
  readonly to: Date;
}

/** The shortest period, at least `wished`, that metrics are still kept by over all of a window; seconds. */
export function periodFor({ from, to }: Window, wished: number): number {
  const length = to.getTime() - from.getTime();
  const kept = length <= FINE_MS ? 1 : length <= MINUTES_MS ? 60 : length <= FIVE_MINUTES_MS ? 300 : 3_600;
  return Math.ceil(wished / kept) * kept;
}

/**
 * A metric of two versions side by side, in strata of time: whole periods within the window only, so that nothing of
 * before it, and nothing that is still arriving, is counted.
 *
 * @param wished length of a period, seconds
 */
export async function readStrata(
  home: Pick<Home, 'metrics'>,
  metric: string,
  { model, champion, challenger }: Versions,
  window: Window,
  wished: number,
): Promise<Stratum[]> {
  const periodSeconds = periodFor(window, wished);
  const ms = periodSeconds * 1_000;
  const from = new Date(Math.ceil(window.from.getTime() / ms) * ms);
  const to = new Date(Math.floor(window.to.getTime() / ms) * ms);
  if (from >= to) return [];
  const read = async (version: number, statistic: string): Promise<Map<number, number>> => {
    const dimensions = { Model: model, Version: String(version) };
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
