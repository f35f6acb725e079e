import { decisionClasses } from '../manifest/decision-classes.ts';
import { type ComparedAnswer, type ComparedRow, isWrongAnswer } from '../quality/compare.ts';
import { quantileOf } from '../quality/error-bins.ts';
import { designEffect, unitsOf } from '../quality/units.ts';
import type { Deciding } from './answers.ts';
import type { Pairs, RatePairs } from './replay-tally.ts';

/** One rate: which rows it is of, and at which of them an answer is bad. */
interface PairedRate {
  readonly metric: string;
  readonly className: string | null;
  readonly of: (truth: ComparedAnswer['truth']) => boolean;
  readonly bad: readonly [(answer: ComparedAnswer) => boolean, (answer: ComparedAnswer) => boolean];
}

/**
 * Which of two versions was wrong about the same rows, by rate; rates are called as tallies of truth call them. Precision
 * is none of them: each version has positive decisions of its own, so its rows are not the same.
 *
 * @param rows the suspect's answers first
 */
export function truthPairs(
  suspect: Deciding,
  reference: Deciding,
  rows: readonly ComparedRow[],
): Required<RatePairs>[] {
  if (rows.length === 0) return [];
  return ratesOf(suspect, reference, rows).flatMap(({ metric, className, of, bad }) => {
    const own = rows.filter(({ answers }) => of(answers[0].truth));
    if (own.length === 0) return [];
    const judged = own.map(
      ({ unit, answers }): JudgedRow => ({ unit, suspect: bad[0](answers[0]), reference: bad[1](answers[1]) }),
    );
    return [{ metric, className, pairs: pairsOf(judged), effect: effectOf(judged) }];
  });
}

/** Whether either version's answer to a request, or row, was bad. */
export interface JudgedRow {
  readonly unit: string | null;
  readonly suspect: boolean;
  readonly reference: boolean;
}

export function pairsOf(rows: Iterable<Pick<JudgedRow, 'suspect' | 'reference'>>): Pairs {
  const pairs = { n: 0, both: 0, suspectOnly: 0, referenceOnly: 0 };
  for (const { suspect, reference } of rows) {
    pairs.n++;
    if (suspect && reference) pairs.both++;
    else if (suspect) pairs.suspectOnly++;
    else if (reference) pairs.referenceOnly++;
  }
  return pairs;
}

/** Of the difference between the two, which is what pairs are about. */
function effectOf(rows: readonly JudgedRow[]): number {
  const units = new Map<string | null, { rows: number; loss: number; squares: number }>();
  for (const { unit, suspect, reference } of rows) {
    const loss = Number(suspect) - Number(reference);
    const own = units.get(unit) ?? { rows: 0, loss: 0, squares: 0 };
    units.set(unit, { rows: own.rows + 1, loss: own.loss + loss, squares: own.squares + loss * loss });
  }
  return designEffect(unitsOf(units.values()));
}

function ratesOf(suspect: Deciding, reference: Deciding, rows: readonly ComparedRow[]): PairedRate[] {
  const { decision, outputs } = suspect;
  if (decision.task === 'regression') return regressionRates(decision.tolerance, rows);
  const wrong = [suspect, reference].map(
    (of) => (answer: ComparedAnswer) => isWrongAnswer(of.decision, answer),
  ) as unknown as PairedRate['bad'];
  const rate = (metric: string, className: string | null = null, of: PairedRate['of'] = () => true): PairedRate => ({
    metric,
    className,
    of,
    bad: wrong,
  });
  if (decision.task === 'binary')
    return [
      rate('errorRate'),
      rate('recall', null, (truth) => truth === true),
      rate('specificity', null, (truth) => truth === false),
    ];
  const classes = decisionClasses(decision, outputs);
  return [rate('errorRate'), ...classes.map((name, i) => rate('recall', name, (truth) => truth === i))];
}

/** Limits are those of the errors of both together, or an error would be held against itself. */
function regressionRates(tolerance: number | undefined, rows: readonly ComparedRow[]): PairedRate[] {
  const errorOf = ({ score, truth }: ComparedAnswer): number =>
    score === null ? Number.POSITIVE_INFINITY : Math.abs(score - Number(truth));
  const errors = Float64Array.from(rows.flatMap(({ answers }) => answers.map(errorOf)).filter(Number.isFinite)).sort();
  const above = (metric: string, limit: number): PairedRate => {
    const bad = (answer: ComparedAnswer): boolean => errorOf(answer) > limit;
    return { metric, className: null, of: () => true, bad: [bad, bad] };
  };
  return [
    ...(tolerance === undefined ? [] : [above('errorRate', tolerance)]),
    ...(errors.length === 0
      ? []
      : [above('errorAboveMedian', quantileOf(errors, 0.5)), above('errorAboveP90', quantileOf(errors, 0.9))]),
  ];
}
