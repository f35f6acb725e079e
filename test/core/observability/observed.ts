import { Observation } from '../../../core/observability/observation.ts';

/** An inference as it ends: 1 ms decoding, 2 ms checking, 10 ms running of which 4 are waiting, 3 ms encoding. */
export function observed(change: Partial<Observation> = {}): Observation {
  const seen = new Observation('v2', 1_000, 0);
  seen.lap('decode', 1);
  seen.lap('check', 3);
  seen.lap('infer', 13);
  seen.lap('encode', 16);
  seen.queue = 4;
  seen.end(20);
  return Object.assign(
    seen,
    { asked: 'infer', model: 'm', route: { variant: 'champion', version: 1 }, status: 200, rows: 2, probable: true },
    change,
  );
}
