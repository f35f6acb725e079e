import { canBeWrong, type Decision } from '../../core/manifest/decision.ts';
import { decisionClasses } from '../../core/manifest/decision-classes.ts';
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
  /** Of a regression, in the order of its absolute errors. */
  private readonly labels: number[] = [];
  private readonly classes = new Map<boolean | number, { rows: number; wrong: number }>();

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
    const wrong = isWrong(decision, outputs, finite ? score : null, String(truth)) === true;
    if (wrong) seen.wrong++;
    if (decision.task !== 'regression') this.addToClass(actual, wrong);
    if (decision.task === 'binary') seen.squares += finite ? (score - Number(actual)) ** 2 : 1;
    if (decision.task === 'regression' && finite) {
      this.absoluteErrors.push(Math.abs(score - Number(actual)));
      this.labels.push(Number(actual));
    }
  }

  private addToClass(actual: boolean | number, wrong: boolean): void {
    const seen = this.classes.get(actual) ?? { rows: 0, wrong: 0 };
    this.classes.set(actual, seen);
    seen.rows++;
    if (wrong) seen.wrong++;
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
      ...(decision.task === 'regression'
        ? {
            ...meanError(this.absoluteErrors),
            errorEdges: errorEdges(this.absoluteErrors),
            ...squaresOf(this.absoluteErrors, this.labels),
          }
        : { classes: this.namedClasses() }),
      ...(withoutScore === 0 ? {} : { withoutScore }),
    };
  }

  private namedClasses(): NonNullable<ReferencePerformance['classes']> {
    const { decision, outputs } = this;
    const names = decision.task === 'multiclass' ? decisionClasses(decision, outputs) : [];
    return [...this.classes]
      .map(([actual, seen]) => ({ name: typeof actual === 'number' ? names[actual]! : String(actual), ...seen }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** How large squared errors are beside those of answering the labels' mean; nothing where they are beyond all doubles. */
function squaresOf(
  absoluteErrors: readonly number[],
  labels: readonly number[],
): Pick<ReferencePerformance, 'squares'> {
  const rows = labels.length;
  if (rows < 2) return {};
  const meanOf = (value: (i: number) => number): number => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += value(i) / rows;
    return sum;
  };
  const mean = meanOf((i) => labels[i]!);
  const own = (i: number): number => absoluteErrors[i]! ** 2;
  const others = (i: number): number => (labels[i]! - mean) ** 2;
  const [error, ofMean] = [meanOf(own), meanOf(others)];
  const deviation = Math.sqrt(meanOf((i) => (own(i) - others(i) - (error - ofMean)) ** 2));
  return [error, ofMean, deviation].every(Number.isFinite) ? { squares: { rows, error, ofMean, deviation } } : {};
}

/** Of rows that have a score; a sum that is beyond all numbers says nothing. */
function meanError(errors: readonly number[]): Pick<ReferencePerformance, 'mae'> {
  const mae = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  return Number.isFinite(mae) ? { mae } : {};
}
