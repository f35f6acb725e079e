import { canBeWrong, type Decision } from '../../core/manifest/decision.ts';
import type { OutputMeaning } from '../../core/manifest/manifest.ts';
import type { ReferencePerformance } from '../../core/profile/profile.ts';
import { errorEdges } from '../../core/quality/error-bins.ts';
import { decisionTruth, isWrong } from '../../core/serving/ground-truth.ts';
import type { ProfiledColumn } from '../../platform/duckdb/column-batch.ts';

/** The decision's scores (`@score`) as a column to profile; indices of classes are categories. */
export const scoreColumn = ({ task, output }: Decision): ProfiledColumn =>
  task === 'multiclass'
    ? { name: `output:${output}`, kind: 'categorical', expression: '"@score"::BIGINT' }
    : { name: `output:${output}`, kind: 'numeric', expression: '"@score"' };

/** Counts how often decisions on the reference were wrong, and of a regression by how much. */
export class PerformanceTally {
  private readonly seen = { rows: 0, wrong: 0, withoutScore: 0, squares: 0 };
  private readonly absoluteErrors: number[] = [];

  constructor(
    private readonly decision: Decision,
    private readonly outputs: readonly OutputMeaning[],
  ) {}

  /** One row; without a truth, or with one that the decision could not have been, it says nothing. */
  add(score: number, truth: unknown): void {
    if (truth === null || truth === undefined || truth === '') return;
    const { decision, outputs, seen } = this;
    const actual = decisionTruth(decision, outputs, String(truth));
    if (actual === undefined) return;
    seen.rows++;
    const finite = Number.isFinite(score);
    if (!finite) seen.withoutScore++;
    if (isWrong(decision, outputs, finite ? score : null, String(truth)) === true) seen.wrong++;
    if (decision.task === 'binary') seen.squares += finite ? (score - Number(actual)) ** 2 : 1;
    if (decision.task === 'regression' && finite) this.absoluteErrors.push(Math.abs(score - Number(actual)));
  }

  /** Undefined when no row had a truth. */
  result(): ReferencePerformance | undefined {
    const { decision } = this;
    const { rows, wrong, withoutScore, squares } = this.seen;
    if (rows === 0) return undefined;
    return {
      rows,
      ...(canBeWrong(decision) ? { errorRate: wrong / rows } : {}),
      ...(decision.task === 'binary' && Number.isFinite(squares) ? { brier: squares / rows } : {}),
      ...(decision.task === 'regression' ? errorMeasures(this.absoluteErrors) : {}),
      ...(withoutScore === 0 ? {} : { withoutScore }),
    };
  }
}

/** Of rows that have a score; a sum that is beyond all numbers says nothing. */
function errorMeasures(errors: readonly number[]): Pick<ReferencePerformance, 'mae' | 'rmse' | 'errorEdges'> {
  const mean = (value: (error: number) => number): number =>
    errors.reduce((sum, error) => sum + value(error), 0) / errors.length;
  const [mae, rmse] = [mean((error) => error), Math.sqrt(mean((error) => error * error))];
  return {
    ...(Number.isFinite(mae) ? { mae } : {}),
    ...(Number.isFinite(rmse) ? { rmse } : {}),
    errorEdges: errorEdges(errors),
  };
}
