import type { Capture } from './capture.ts';

/**
 * A capture without some of its rows (0-based within the capture). What is left keeps its prediction ids: it is cut
 * where rows are gone, and each piece says which row of the request it begins with.
 */
export function withoutRows(capture: Capture, gone: ReadonlySet<number>): Capture[] {
  if (gone.size === 0) return [capture];
  const pieces: Capture[] = [];
  for (let from = 0; from < capture.rows; from++) {
    if (gone.has(from)) continue;
    let to = from + 1;
    while (to < capture.rows && !gone.has(to)) to++;
    pieces.push(piece(capture, from, to, pieces.length === 0));
    from = to;
  }
  return pieces;
}

/** @param counts whether it has what is counted of the request as a whole */
function piece(capture: Capture, from: number, to: number, counts: boolean): Capture {
  const { findings, outOfDistribution, ...rest } = capture;
  const { subject, features, scores, probabilities, labels } = rest;
  const width = (probabilities?.length ?? 0) / capture.rows;
  return {
    ...rest,
    rows: to - from,
    first: (capture.first ?? 0) + from,
    ...(Array.isArray(subject) ? { subject: subject.slice(from, to) } : {}),
    features: Object.fromEntries(Object.entries(features).map(([name, values]) => [name, values.slice(from, to)])),
    ...(scores === undefined ? {} : { scores: scores.slice(from, to) }),
    ...(probabilities === undefined ? {} : { probabilities: probabilities.slice(from * width, to * width) }),
    ...(labels === undefined ? {} : { labels: labels.slice(from, to) }),
    ...(counts && findings !== undefined ? { findings } : {}),
    ...(counts && outOfDistribution !== undefined ? { outOfDistribution } : {}),
  };
}
