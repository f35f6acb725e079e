import type { Decision } from '../manifest/decision.ts';
import { decisionClasses } from '../manifest/decision-classes.ts';
import type { OutputMeaning } from '../manifest/manifest.ts';
import { isProbability } from '../manifest/quality-of.ts';
import type { DecisionTruth } from '../serving/ground-truth.ts';
import { clipProbability } from './binary.ts';
import { type CostTable, costOf, costTable } from './cost.ts';
import { quantileOf } from './error-bins.ts';
import { type PairedDifference, type PairedTerm, pairedDifference } from './paired.ts';

/** A version that is compared, as far as its decisions depend on it. */
export interface ComparedVersion {
  readonly decision: Decision;
  readonly outputs: readonly OutputMeaning[];
}

/** What one version decided about a row, and what was true, in terms of its own decision. */
export interface ComparedAnswer {
  /** As ScoreReader gives it; null: none. */
  readonly score: number | null;
  readonly probabilities?: readonly number[] | undefined;
  readonly truth: DecisionTruth;
}

/** A row that both versions were asked about. */
export interface ComparedRow {
  /** What was randomised; null where it is not known. */
  readonly unit: string | null;
  readonly answers: readonly [ComparedAnswer, ComparedAnswer];
}

/** Differences, second less first, by metric; of several classes those of a class besides. */
export interface Differences {
  readonly metrics: Readonly<Record<string, PairedDifference | null>>;
  readonly classes: Readonly<Record<string, Readonly<Record<'recall' | 'precision', PairedDifference | null>>>>;
}

/** Versions whose decisions are of different tasks have nothing to be compared by. */
export class IncomparableError extends Error {
  override readonly name = 'IncomparableError';
}

/** What one answer adds to a mean; undefined where it has no part in it. */
type Part = (answer: ComparedAnswer) => number | undefined;

/**
 * Differences of two versions that were asked about the same rows, for each metric that is a mean over a part of them.
 *
 * @throws IncomparableError when they do not decide alike
 */
export function differencesOf(
  versions: readonly [ComparedVersion, ComparedVersion],
  rows: readonly ComparedRow[],
): Differences {
  const [first, second] = versions;
  if (first.decision.task !== second.decision.task)
    throw new IncomparableError(
      `one decision is ${first.decision.task}, the other ${second.decision.task}: they have no metric in common`,
    );
  const reference = rows.map(({ answers }) => answers[0]);
  const parts = versions.map((version) => partsOf(version, reference)) as [Parts, Parts];
  const common = Object.keys(parts[0].metrics).filter((name) => Object.hasOwn(parts[1].metrics, name));
  const classes = [...parts[0].classes.keys()].filter((name) => parts[1].classes.has(name));
  const difference = (of: readonly [Part, Part]): PairedDifference | null => pairedDifference(terms(rows, of)) ?? null;
  const ofClass = (name: string, metric: 'recall' | 'precision'): PairedDifference | null =>
    difference([parts[0].classes.get(name)![metric], parts[1].classes.get(name)![metric]]);
  return {
    metrics: Object.fromEntries(
      common.map((name) => [name, difference([parts[0].metrics[name]!, parts[1].metrics[name]!])]),
    ),
    classes: Object.fromEntries(
      classes.map((name) => [name, { recall: ofClass(name, 'recall'), precision: ofClass(name, 'precision') }]),
    ),
  };
}

function terms(rows: readonly ComparedRow[], parts: readonly [Part, Part]): PairedTerm[] {
  return rows.map(({ unit, answers }) => {
    const [first, second] = [parts[0](answers[0]), parts[1](answers[1])];
    return {
      unit,
      sum: [first ?? 0, second ?? 0],
      weight: [first === undefined ? 0 : 1, second === undefined ? 0 : 1],
    };
  });
}

interface Parts {
  readonly metrics: Readonly<Record<string, Part>>;
  readonly classes: ReadonlyMap<string, Readonly<Record<'recall' | 'precision', Part>>>;
}

function partsOf({ decision, outputs }: ComparedVersion, reference: readonly ComparedAnswer[]): Parts {
  if (decision.task === 'regression') return { metrics: regressionParts(decision, reference), classes: new Map() };
  const costs = costTable(decision, outputs);
  const common = {
    ...costParts(decision, costs),
    errorRate: (answer: ComparedAnswer) => share(isWrongAnswer(decision, answer)),
  };
  if (decision.task === 'multiclass')
    return { metrics: { ...common, ...lossParts(bySeveral) }, classes: classParts(decisionClasses(decision, outputs)) };
  const decided = ({ score }: ComparedAnswer): boolean | undefined =>
    isNumber(score) ? score >= decision.threshold : undefined;
  return {
    metrics: {
      ...common,
      recall: (answer) => (answer.truth === true ? share(decided(answer) === true) : undefined),
      specificity: (answer) => (answer.truth === true ? undefined : share(decided(answer) === false)),
      precision: (answer) => (decided(answer) === true ? share(answer.truth === true) : undefined),
      ...(isProbability(decision, outputs) ? lossParts(byOne) : {}),
    },
    classes: new Map(),
  };
}

const share = (is: boolean): number => (is ? 1 : 0);

const isNumber = (score: number | null): score is number => score !== null && Number.isFinite(score);

/** Whether a decision between classes was wrong; one that was not made is. */
export const isWrongAnswer = (decision: Decision, { score, truth }: ComparedAnswer): boolean => {
  if (!isNumber(score)) return true;
  return decision.task === 'binary' ? score >= decision.threshold !== truth : score !== truth;
};

const costParts = (decision: Decision, costs: CostTable | undefined): Record<string, Part> =>
  costs === undefined ? {} : { cost: (answer) => costOf(costs, decision, answer) };

/** Squared distance of the probabilities from what was true, and the probability of that. */
type Losses = (answer: ComparedAnswer) => { readonly brier: number; readonly ofTruth: number } | undefined;

const lossParts = (losses: Losses): Record<'brier' | 'logLoss', Part> => ({
  brier: (answer) => losses(answer)?.brier,
  logLoss: (answer) => {
    const loss = losses(answer);
    return loss && -Math.log(clipProbability(loss.ofTruth));
  },
});

const unit = (p: number): number => Math.min(1, Math.max(0, p));

const byOne: Losses = ({ score, truth }) => {
  if (!isNumber(score)) return undefined;
  const ofTruth = truth === true ? unit(score) : 1 - unit(score);
  return { brier: (1 - ofTruth) ** 2, ofTruth };
};

const bySeveral: Losses = ({ probabilities, truth }) => {
  if (probabilities === undefined || !probabilities.every(Number.isFinite)) return undefined;
  const brier = probabilities.reduce((sum, p, i) => sum + (unit(p) - share(i === truth)) ** 2, 0);
  return { brier, ofTruth: probabilities[Number(truth)] ?? Number.NaN };
};

function classParts(classes: readonly string[]): Parts['classes'] {
  return new Map(
    classes.map((name, index) => [
      name,
      {
        recall: ({ score, truth }) => (truth === index ? share(score === index) : undefined),
        precision: ({ score, truth }) => (score === index ? share(truth === index) : undefined),
      },
    ]),
  );
}

/** Errors are held against those of the first version: how many of its own half, and tenth, of the largest are exceeded. */
function regressionParts(
  { tolerance }: Extract<Decision, { task: 'regression' }>,
  reference: readonly ComparedAnswer[],
): Record<string, Part> {
  const errorOf = ({ score, truth }: ComparedAnswer): number | undefined =>
    isNumber(score) ? Math.abs(score - Number(truth)) : undefined;
  const errors = Float64Array.from(reference.flatMap((answer) => errorOf(answer) ?? [])).sort();
  // An answer that is none is beyond any error.
  const above =
    (limit: number): Part =>
    (answer) =>
      share((errorOf(answer) ?? Number.POSITIVE_INFINITY) > limit);
  return {
    mae: errorOf,
    ...(errors.length === 0
      ? {}
      : { errorAboveMedian: above(quantileOf(errors, 0.5)), errorAboveP90: above(quantileOf(errors, 0.9)) }),
    ...(tolerance === undefined ? {} : { errorRate: above(tolerance) }),
  };
}
