import type { Capture } from './capture.ts';

type Outputs = Pick<Capture, 'rows' | 'scores' | 'probabilities' | 'labels'>;

/** Probabilities of one row, one a class; undefined where they were not captured, or one of them is no number. */
export function capturedProbabilities({ rows, probabilities }: Outputs, row: number): number[] | undefined {
  if (probabilities === undefined) return undefined;
  const width = probabilities.length / rows;
  const own = probabilities.slice(row * width, (row + 1) * width);
  return own.every((each) => each !== null) ? own : undefined;
}

/**
 * What was decided, one a row, as ScoreReader gives it: the probability or value; of several classes the index of the
 * one decided on; null where the model gave none. Empty where the model has no decision, or did not answer.
 */
export function capturedScores(capture: Outputs): readonly (number | null)[] {
  const { rows, scores, probabilities, labels } = capture;
  if (labels !== undefined) return labels;
  if (probabilities === undefined) return scores ?? [];
  return Array.from({ length: rows }, (_, row) => {
    const own = capturedProbabilities(capture, row);
    // The first of several that are equally great, as the decision has it.
    return own === undefined ? null : own.indexOf(Math.max(...own));
  });
}
