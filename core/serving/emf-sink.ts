import { metricLine } from './emf.ts';
import type { Observation, Sink } from './observation.ts';

/** Writes observations as CloudWatch metric lines; a request that no version was found for has no dimensions to be under. */
export function emfSink(emit: (line: string) => void): Sink {
  return {
    record(seen) {
      const { asked, model, route } = seen;
      if (model === undefined || route === undefined) return;
      // An explanation takes longer than any answer: it must not set off the alarm on latency.
      if (asked !== 'infer' && !seen.limited) return;
      const { variant, version } = route;
      emit(metricLine({ model, variant, version, at: seen.at, values: valuesOf(seen) }));
    },
    signal(model, { variant, version }, at, values) {
      emit(metricLine({ model, variant, version, at, values }));
    },
  };
}

/** What is measured of one request. */
export function valuesOf(seen: Observation): Parameters<typeof metricLine>[0]['values'] {
  // Who is turned away at the door says nothing of the version, and would make its latency look better than it is.
  if (seen.limited) return { RateLimited: 1 };
  const guards = {
    RateLimited: seen.limited === undefined ? undefined : 0,
    OutOfDistribution: seen.unusual === undefined ? undefined : seen.unusual > 0 ? 1 : 0,
    CacheHit: seen.cache === undefined ? undefined : seen.cache === 'hit' ? 1 : 0,
    ShadowDisagreement: seen.disagreement && (seen.disagreement.differs ? 1 : 0),
    ShadowDifference: seen.disagreement?.largest,
  };
  const answered = seen.outcome === 'ok';
  const Latency = Math.round(seen.duration * 1000) / 1000;
  if (!answered)
    return { Failure: seen.outcome === 'caller' ? 0 : 1, Violation: seen.broken ? 1 : 0, Latency, ...guards };
  return {
    ...guards,
    Failure: 0,
    Violation: seen.tolerated > 0 ? 1 : 0,
    Rows: seen.rows,
    Score: seen.scores.filter(Number.isFinite),
    Margin: seen.confidence?.margin,
    Entropy: seen.confidence?.entropy,
    Latency,
  };
}
