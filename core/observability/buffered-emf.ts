import type { Route } from '../serving/route.ts';
import { MAX_VALUES, metricLine } from './emf.ts';
import { valuesOf } from './emf-sink.ts';
import type { Observation, Sink } from './observation.ts';

export interface BufferedEmf extends Sink {
  /** Writes what has been gathered; to be called about every second, which is the metrics' resolution. */
  flush(): void;
}

type Values = Parameters<typeof metricLine>[0]['values'];

interface Series {
  readonly model: string;
  readonly route: Route;
  readonly at: number;
  readonly values: Map<keyof Values, number[]>;
}

/**
 * Writes observations as CloudWatch metric lines, many in one: a line carries up to a hundred values of each metric, so
 * that averages, counts and percentiles are the same as of a line each, at a hundredth of the bytes.
 */
export function bufferedEmf(environment: string, emit: (line: string) => void): BufferedEmf {
  const gathered = new Map<string, Series>();
  const write = ({ model, route, at, values }: Series): void =>
    emit(
      metricLine({
        environment,
        model,
        variant: route.variant,
        version: route.version,
        at,
        values: Object.fromEntries(values),
      }),
    );
  const add = (model: string, route: Route, at: number, values: Values): void => {
    const key = `${route.variant} ${route.version} ${model}`;
    let series = gathered.get(key);
    // A line has one time, to the second.
    if (series !== undefined && (isFull(series, values) || Math.floor(series.at / 1_000) !== Math.floor(at / 1_000))) {
      write(series);
      series = undefined;
    }
    if (series === undefined) {
      series = { model, route, at, values: new Map() };
      gathered.set(key, series);
    }
    for (const name in values) {
      const value = values[name as keyof Values];
      if (value === undefined) continue;
      let list = series.values.get(name as keyof Values);
      if (list === undefined) {
        list = [];
        series.values.set(name as keyof Values, list);
      }
      if (typeof value === 'number') list.push(value);
      else list.push(...value);
    }
  };
  return {
    record(observation: Observation) {
      const { model, route } = observation;
      if (model !== undefined && route !== undefined) add(model, route, observation.at, valuesOf(observation));
    },
    signal: add,
    flush() {
      for (const series of gathered.values()) write(series);
      gathered.clear();
    },
  };
}

/** Whether new values would make a list longer than a line may have it. */
function isFull(series: Series, values: Values): boolean {
  for (const name in values) {
    const value = values[name as keyof Values];
    if (value === undefined) continue;
    const more = typeof value === 'number' ? 1 : value.length;
    if ((series.values.get(name as keyof Values)?.length ?? 0) + more > MAX_VALUES) return true;
  }
  return false;
}
