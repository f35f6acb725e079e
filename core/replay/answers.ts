import type { Decision } from '../manifest/decision.ts';
import { decisionClasses } from '../manifest/decision-classes.ts';
import type { OutputMeaning } from '../manifest/manifest.ts';
import { rankCorrelation } from '../quality/paired.ts';
import type { AnswerDifference } from './replay-tally.ts';

/** How a version decides. */
export interface Deciding {
  readonly decision: Decision;
  readonly outputs: readonly OutputMeaning[];
}

/** Scores of one row as ScoreReader gives them; null: no finite number. */
export interface AnswerPair {
  /** The same for rows that are alike. */
  readonly input: string;
  readonly suspect: number | null;
  readonly reference: number | null;
}

/** Different rows and answers are counted up to this. */
const MAX_DISTINCT = 1_000;
/** A regression without a tolerance answers otherwise from this part of the spread of the reference's answers on. */
const PART_OF_SPREAD = 0.1;

/** How a suspect's answers differ from the reference's about the same rows. Both decide about the same task. */
export function answerDifference(
  suspect: Deciding,
  reference: Deciding,
  rows: readonly AnswerPair[],
): AnswerDifference {
  const differs = differenceOf(suspect, reference, rows);
  const { task } = suspect.decision;
  return {
    n: rows.length,
    disagree: rows.filter(differs).length,
    notFinite: rows.filter((row) => row.suspect === null).length,
    distinctInputs: distinct(rows.map(({ input }) => input)),
    distinctAnswers: distinct(rows.map((row) => row.suspect)),
    referenceNotFinite: rows.filter((row) => row.reference === null).length,
    referenceDistinct: task === 'multiclass' ? null : distinct(rows.map((row) => row.reference)),
    rankCorrelation:
      task === 'multiclass' ? null : (rankCorrelation(rows.map((row) => [row.suspect, row.reference])) ?? null),
  };
}

/** Nothing was compared. */
export const NO_ANSWERS: AnswerDifference = {
  n: 0,
  disagree: 0,
  notFinite: 0,
  distinctInputs: 0,
  distinctAnswers: 0,
  referenceNotFinite: 0,
  referenceDistinct: null,
  rankCorrelation: null,
};

function differenceOf(
  suspect: Deciding,
  reference: Deciding,
  rows: readonly AnswerPair[],
): (row: AnswerPair) => boolean {
  if (suspect.decision.task === 'regression') {
    const limit = suspect.decision.tolerance ?? PART_OF_SPREAD * spreadOf(rows);
    return ({ suspect: a, reference: b }) => (a === null || b === null ? a !== b : Math.abs(a - b) > limit);
  }
  const [ofSuspect, ofReference] = [decider(suspect), decider(reference)];
  return (row) => ofSuspect(row.suspect) !== ofReference(row.reference);
}

/** What is decided at a score, in words that both versions have in common. */
export function decider({ decision, outputs }: Deciding): (score: number | null) => unknown {
  if (decision.task === 'binary') return (score) => (score === null ? null : score >= decision.threshold);
  const classes = decision.task === 'multiclass' ? decisionClasses(decision, outputs) : [];
  return (score) => (score === null ? null : (classes[score] ?? score));
}

/** From the 5th to the 95th percentile of the reference's answers. */
function spreadOf(rows: readonly AnswerPair[]): number {
  const sorted = rows.flatMap(({ reference }) => reference ?? []).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return at(0.95) - at(0.05);
}

function distinct(values: readonly unknown[]): number {
  const seen = new Set<unknown>();
  for (const value of values) {
    seen.add(value);
    if (seen.size === MAX_DISTINCT) break;
  }
  return seen.size;
}
