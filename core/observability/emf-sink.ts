import { metricLine } from './emf.ts';
import type { Observation, Sink } from './observation.ts';

/** Writes observations as CloudWatch metric lines; a request that no version was found for has no dimensions to be under. */
export function emfSink(environment: string, emit: (line: string) => void): Sink {
  return {
    record(observation) {
      const { model, route } = observation;
      if (model === undefined || route === undefined) return;
      const { variant, version } = route;
      const { at, named } = observation;
      emit(metricLine({ environment, model, variant, version, named, at, values: valuesOf(observation) }));
    },
    signal(model, { variant, version }, at, values) {
      emit(metricLine({ environment, model, variant, version, at, values }));
    },
  };
}

/** What is measured of one request. */
export function valuesOf(observation: Observation): Parameters<typeof metricLine>[0]['values'] {
  // Who is turned away at the door says nothing of the version, and would make its latency look better than it is.
  if (observation.limited) return { RateLimited: 1 };
  const { outcome, limited, outOfDistribution, cache, disagreement, confidence, scores } = observation;
  const answered = outcome === 'ok';
  // An explanation takes longer than any answer and is none: it has no part in what alarms look at.
  if (observation.asked === 'explain')
    return {
      RateLimited: limited === undefined ? undefined : 0,
      ExplainFailure: answered || outcome === 'caller' ? 0 : 1,
      ExplainLatency: milliseconds(observation.duration),
    };
  // All in one literal: V8 takes some 10 us for a spread that other properties follow, as long as for half the request.
  return {
    RateLimited: limited === undefined ? undefined : 0,
    OutOfDistribution: outOfDistribution === undefined ? undefined : Number(outOfDistribution > 0),
    CacheHit: cache === undefined ? undefined : Number(cache === 'hit'),
    ShadowDisagreement: disagreement && (disagreement.differs ? 1 : 0),
    ShadowDifference: disagreement?.largest,
    // What its caller did wrong never reached the model.
    Failure: outcome === 'caller' ? undefined : Number(!answered),
    Violation: (answered ? observation.tolerated > 0 : observation.broken) ? 1 : 0,
    Rows: answered ? observation.rows : undefined,
    Score: answered && !observation.nominal ? scores.filter(Number.isFinite) : undefined,
    Margin: answered ? confidence?.margin : undefined,
    Entropy: answered ? confidence?.entropy : undefined,
    Latency: outcome === 'caller' ? undefined : milliseconds(observation.duration),
  };
}

/** To the microsecond. */
const milliseconds = (duration: number): number => Math.round(duration * 1000) / 1000;
