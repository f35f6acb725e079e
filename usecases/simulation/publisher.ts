import type { MetricName } from '../../core/observability/metric-names.ts';
import { type HourTallies, talliesKey } from '../../core/quality/hour-tallies.ts';
import { type ReplayTally, replayKey } from '../../core/replay/replay-tally.ts';
import type { Route } from '../../core/serving/route.ts';
import { extremesOfLatencies, type LatencyCounts, sumOfLatencies } from '../../core/simulation/latencies.ts';
import type { Piece, ServedTraffic } from '../../core/simulation/traffic-model.ts';
import type { SimulatedHome } from '../../platform/simulated/home.ts';
import type { SampleGroup, SimulatedMetrics } from '../../platform/simulated/metrics.ts';

/** Who answered, and whether callers named it. */
export type PublishedRoute = Route & { readonly named?: boolean };

/** What an endpoint and the join of ground truth emit, as counts. Times are seconds since time 0. */
export interface Publisher {
  /** What a version did in a piece of time. */
  served(route: PublishedRoute, piece: Piece, traffic: ServedTraffic, latencies: LatencyCounts): void;
  /** Decisions whose truth was joined at a moment. */
  judged(
    route: Route,
    at: number,
    metric: 'PredictionError' | 'PredictionErrorLate',
    of: { rows: number; wrong: number },
  ): void;
  /** Tallies of an hour, made anew from all that is known of it. */
  counted(tallies: HourTallies): Promise<void>;
  /** What asking again made known of an hour's requests, made anew likewise. */
  replayed(tally: ReplayTally): Promise<void>;
}

/** Samples of a 0/1 metric. */
interface Rate {
  readonly count: number;
  readonly ones: number;
}

/** Publishes into the metrics of a simulated home, under the names and dimensions that endpoints use. */
export function simulatedPublisher(
  { metrics, data }: Pick<SimulatedHome, 'metrics' | 'data'>,
  model: string,
  msOf: (t: number) => number,
): Publisher {
  const recorders = new Map<string, ReturnType<SimulatedMetrics['recorder']>>();
  const recorderOf = ({ variant, version, named = false }: PublishedRoute) => {
    const key = `${variant} ${version} ${named}`;
    let recorder = recorders.get(key);
    if (recorder === undefined) {
      recorder = metrics.recorder({ model, variant, version, named });
      recorders.set(key, recorder);
    }
    return recorder;
  };
  const rate = ({ from, to }: Piece, { count, ones }: Rate): SampleGroup => ({
    at: msOf(from),
    until: msOf(to),
    count,
    sum: ones,
    min: ones < count ? 0 : 1,
    max: ones > 0 ? 1 : 0,
  });
  return {
    served(route, piece, { requests, failed, invalid, violations, rows }, latencies) {
      if (requests === 0) return;
      const record = recorderOf(route);
      const [at, until] = [msOf(piece.from), msOf(piece.to)];
      record('Failure', rate(piece, { count: requests - invalid, ones: failed }));
      record('Violation', rate(piece, { count: requests, ones: violations + invalid }));
      const answered = requests - failed - invalid;
      const each = rows / answered;
      record('Rows', { at, until, count: answered, sum: rows, min: each, max: each });
      if (requests === invalid) return;
      const { min, max } = extremesOfLatencies(latencies);
      record('Latency', { at, until, count: requests - invalid, sum: sumOfLatencies(latencies), min, max, latencies });
    },
    judged(route, at, metric, { rows, wrong }) {
      recorderOf(route)(metric satisfies MetricName, rate({ from: at, to: at }, { count: rows, ones: wrong }));
    },
    async counted(tallies) {
      await data.put(talliesKey(model, tallies.hour), JSON.stringify(tallies));
    },
    async replayed(tally) {
      await data.put(replayKey(tally), JSON.stringify(tally));
    },
  };
}
