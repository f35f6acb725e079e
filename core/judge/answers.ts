import { radius, rhoFor } from '../experiment/sequential.ts';
import { proportionBounds } from './proportion.ts';
import { type JudgeRules, levelOfAnswers } from './rules.ts';

/** What is odd about a version's answers by themselves, whatever is true. */
export interface AnswerTrouble {
  /** Answers that are of no use to anybody take a version back; those that are only unlike a person looks at. */
  readonly action: 'take-back' | 'ask-person';
  readonly sentence: string;
}

/** How answers of a version and of the one that it is held against differ about the same rows. */
export interface ComparedAnswers {
  readonly n: number;
  readonly disagree: number;
  readonly notFinite: number;
  readonly distinctInputs: number;
  readonly distinctAnswers: number;
  readonly referenceNotFinite: number;
  /** Null: a label is all there is, and one that is always the same may be right. */
  readonly referenceDistinct: number | null;
  readonly rankCorrelation: number | null;
}

/** What the two said about the same rows when the version was registered. */
export interface RegisteredAnswers {
  readonly rows: number;
  readonly disagreement: number | null;
  readonly rankCorrelation: number | null;
}

/** Different rows that have to be answered alike before a score is constant: plateaus of trees are wide. */
const CONSTANT_ROWS = 100;
/** A score that has fewer values about them is hardly one: the same one each time may be chance. */
const VARYING_SCORES = 5;
/** More than this many times what was measured at registration, and points besides, is another matter than new rows. */
const FAR = { ratio: 2, points: 0.05 };
/** Variance of Fisher's transform of a rank correlation, times the rows less 3 (E. C. Fieller et al. 1957). */
const RANK_VARIANCE = 1.06;

/**
 * Looks at answers of which no truth is known. Each check has its part of the error budget, at all looks together.
 *
 * @param registered absent: nothing is known of then, and what differs from it cannot be told
 */
export function oddAnswers(
  answers: ComparedAnswers,
  registered: RegisteredAnswers | undefined,
  rules: JudgeRules,
): AnswerTrouble[] {
  const level = levelOfAnswers(rules);
  return [
    ...notFinite(answers, { level, floor: rules.operationFloor.last }),
    ...constant(answers),
    ...unlike(answers, registered, level),
  ];
}

/** Held against the other version about the same rows: what was known of it at registration makes it no better. */
function notFinite(
  { n, notFinite: bad, referenceNotFinite }: ComparedAnswers,
  { level, floor }: { readonly level: number; readonly floor: number },
): AnswerTrouble[] {
  const usual = n === 0 ? 0 : referenceNotFinite / n;
  if (proportionBounds({ n, bad }, level)[0] <= usual + floor) return [];
  const other = `${percent(usual)} of those of the version that it is held against`;
  return [{ action: 'take-back', sentence: `${percent(bad / n)} of ${n} answers are no finite number, ${other}` }];
}

function constant(answers: ComparedAnswers): AnswerTrouble[] {
  const { distinctInputs, distinctAnswers, referenceDistinct, n, notFinite: bad } = answers;
  const varies = referenceDistinct !== null && referenceDistinct >= VARYING_SCORES;
  if (!varies || distinctAnswers > 1 || distinctInputs < CONSTANT_ROWS || bad === n) return [];
  const sentence = `its answers to ${distinctInputs} different rows are all the same, those of the version that it is held against are not`;
  return [{ action: 'take-back', sentence }];
}

function unlike(answers: ComparedAnswers, registered: RegisteredAnswers | undefined, level: number): AnswerTrouble[] {
  if (registered === undefined) return [];
  const sentences = [...decidesOtherwise(answers, registered, level), ...ranksOtherwise(answers, registered, level)];
  if (sentences.length === 0) return [];
  const why = 'they may belong to other requests, or its inputs be others than at registration';
  return [
    { action: 'ask-person', sentence: `its answers are unlike those at registration: ${sentences.join('; ')}; ${why}` },
  ];
}

function decidesOtherwise({ n, disagree }: ComparedAnswers, registered: RegisteredAnswers, level: number): string[] {
  const { rows, disagreement } = registered;
  if (disagreement === null || rows === 0 || n === 0) return [];
  const [low] = proportionBounds({ n, bad: disagree }, level);
  const [, high] = proportionBounds({ n: rows, bad: disagreement * rows }, level);
  if (low <= FAR.ratio * high + FAR.points) return [];
  return [
    `${percent(disagree / n)} of ${n} rows are decided otherwise than by the champion, ${percent(disagreement)} of ${rows} then`,
  ];
}

function ranksOtherwise(
  { n, rankCorrelation: now }: ComparedAnswers,
  { rows, rankCorrelation: then }: RegisteredAnswers,
  level: number,
): string[] {
  if (now === null || then === null || n < 4 || rows < 4) return [];
  const high = Math.tanh(fisher(now) + rankRadius(n, level));
  const low = Math.tanh(fisher(then) - rankRadius(rows, level));
  if (low <= 0 || high >= low / FAR.ratio) return [];
  return [`the rank correlation of the scores is ${now.toFixed(2)}, ${then.toFixed(2)} then`];
}

/** Of a perfect correlation the transform would be infinite. */
const fisher = (r: number): number => Math.atanh(Math.max(-0.999_999, Math.min(0.999_999, r)));

function rankRadius(rows: number, level: number): number {
  const information = (rows - 3) / RANK_VARIANCE;
  return radius(information, level, rhoFor(CONSTANT_ROWS, level));
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
