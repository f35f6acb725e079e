import { parseAlarmName } from '../../core/alarms/definitions.ts';
import { MAX_VALUES, metricLine } from '../../core/observability/emf.ts';
import { talliesKey } from '../../core/quality/hour-tallies.ts';
import type { Entry } from '../../core/registry/ledger.ts';
import { replayKey } from '../../core/replay/replay-tally.ts';
import { latencyOfRank } from '../../core/simulation/latencies.ts';
import type { Home } from '../../platform/ports.ts';
import { START_MS } from '../../usecases/simulation/play.ts';
import type { Publisher } from '../../usecases/simulation/publisher.ts';

export const msOf = (t: number): number => START_MS + 1_000 * t;

/** Writes what happened as endpoints do: a value a request, in lines of the embedded metric format. */
export function linePublisher(
  home: { readonly metrics: Pick<Home['metrics'], 'write' | 'environment'>; readonly data: Pick<Home['data'], 'put'> },
  model: string,
): Publisher {
  const { environment } = home.metrics;
  const write = (
    of: { version: number; variant: 'champion' | 'challenger' | 'shadow'; named?: boolean },
    at: number,
    name: string,
    values: number[],
  ) => {
    for (let i = 0; i < values.length; i += MAX_VALUES)
      home.metrics.write(
        metricLine({ environment, model, ...of, at: msOf(at), values: { [name]: values.slice(i, i + MAX_VALUES) } }),
      );
  };
  const ones = (n: number, count: number): number[] => Array.from({ length: n }, (_, i) => (i < count ? 1 : 0));
  return {
    served(route, { from }, { requests, failed, invalid, violations, rows }, latencies) {
      write(route, from, 'Failure', ones(requests - invalid, failed));
      write(route, from, 'Violation', ones(requests, invalid + violations));
      write(
        route,
        from,
        'Rows',
        Array.from({ length: requests - failed - invalid }, () => rows / (requests - failed - invalid)),
      );
      write(
        route,
        from,
        'Latency',
        Array.from({ length: requests - invalid }, (_, i) => latencyOfRank([latencies], i + 1)),
      );
    },
    judged: (route, at, metric, { rows, wrong }) => write(route, at, metric, ones(rows, wrong)),
    counted: async (tallies) => {
      await home.data.put(talliesKey(model, tallies.hour), JSON.stringify(tallies));
    },
    replayed: async (tally) => {
      await home.data.put(replayKey(tally), JSON.stringify(tally));
    },
  };
}

export async function entriesOf(home: Home): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of home.ledger.entries('model')) entries.push(entry);
  return entries;
}

/** What is decided, when, and on what counts; times of requests are drawn more coarsely by one of the two. */
export const essence = ({ number, kind, version, at, reason, cause, state }: Entry) => ({
  number,
  kind,
  version,
  at,
  // Shares of slow answers differ by the rounding of times.
  reason: reason.replaceAll(/answers slower than [^;]*/g, 'slow answers'),
  // Environments have names of their own.
  cause: cause && { at: cause.at, ...parseAlarmName(cause.alarm), environment: undefined },
  challengers: state.challengers.map((each) => each.weight),
});
