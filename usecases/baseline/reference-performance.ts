import type { Decision, OutputMeaning } from '../../core/manifest/manifest.ts';
import { shortest } from '../../core/model/decimal.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import type { ReferencePerformance } from '../../core/profile/profile.ts';
import { isWrong } from '../../core/serving/ground-truth.ts';

/** A row's value of the decision's column, as a capture writes it, so that both fall into the same bin. */
export function scoreAt(output: TensorData, column: number, row: number): number {
  const width = output.shape.slice(1).reduce((a, b) => a * b, 1);
  const value = Number(output.data[row * width + (width === 1 ? 0 : column)]);
  return output.type === 'float32' && Number.isFinite(value) ? Number(shortest(value)) : value;
}

/** Counts how often decisions on the reference were wrong. */
export class PerformanceTally {
  private readonly seen = { rows: 0, wrong: 0, squares: 0 };

  constructor(
    private readonly decision: Decision,
    private readonly outputs: readonly OutputMeaning[],
  ) {}

  /** One row; without a truth, or with one that the decision could not have been, it says nothing. */
  add(score: number, truth: unknown): void {
    if (truth === null || truth === undefined || truth === '') return;
    const { decision, outputs, seen } = this;
    const wrong = isWrong(decision, outputs, Number.isFinite(score) ? score : null, String(truth));
    if (wrong === undefined) return;
    seen.rows++;
    seen.wrong += wrong ? 1 : 0;
    // The decision was right and positive, or wrong and negative: then the truth was positive.
    if (decision.task === 'binary') seen.squares += (score - (wrong === score >= decision.threshold ? 0 : 1)) ** 2;
  }

  /** Undefined when no row had a truth. */
  result(): ReferencePerformance | undefined {
    const { rows, wrong, squares } = this.seen;
    if (rows === 0) return undefined;
    return { rows, errorRate: wrong / rows, ...(this.decision.task === 'binary' ? { brier: squares / rows } : {}) };
  }
}
