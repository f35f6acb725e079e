import type { MetricName } from '../../core/alarms/alarm.ts';
import type { Route } from '../../core/serving/route.ts';
import { extremesOfLatencies, type LatencyCounts, sumOfLatencies } from '../../core/simulation/latencies.ts';
import type { Piece, ServedTraffic } from '../../core/simulation/traffic-model.ts';
import type { SimulatedMetrics } from '../../platform/simulated/metrics.ts';

/** What an endpoint and the join of ground truth emit, as counts. Times are seconds since time 0. */
export interface Publisher {
  /** What a version did in a piece of time. */
  served(route: Route, piece: Piece, traffic: ServedTraffic, latencies: LatencyCounts): void;
  /** Decisions whose truth was joined at a moment. */
  judged(route: Route, at: number, metric: 'Wrong' | 'WrongEarlier', of: { rows: number; wrong: number }): void;
}

/** Samples of a 0/1 metric. */
interface Rate {
  readonly count: number;
  readonly ones: number;
}

/** Publishes into the metrics of a simulated home, under the names and dimensions that endpoints use. */
export function simulatedPublisher(metrics: SimulatedMetrics, model: string, msOf: (t: number) => number): Publisher {
  const rate = (route: Route, metric: MetricName, { from, to }: Piece, { count, ones }: Rate): void =>
    metrics.add({ model, ...route }, metric, {
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
      const group = { at: msOf(piece.from), until: msOf(piece.to) };
      rate(route, 'Failure', piece, { count: requests, ones: failed });
      rate(route, 'Violation', piece, { count: requests, ones: violations + invalid });
      const answered = requests - failed - invalid;
      metrics.add({ model, ...route }, 'Rows', {
        ...group,
        count: answered,
        sum: rows,
        min: rows / answered,
        max: rows / answered,
      });
      metrics.add({ model, ...route }, 'Latency', {
        ...group,
        count: requests,
        sum: sumOfLatencies(latencies),
        ...extremesOfLatencies(latencies),
        latencies,
      });
    },
    judged(route, at, metric, { rows, wrong }) {
      rate(route, metric, { from: at, to: at }, { count: rows, ones: wrong });
    },
  };
}
