import type { BinaryDecision, Decision } from '../manifest/decision.ts';
import { ownValue } from '../model/own-value.ts';
import type { TensorData } from '../model/tensor.ts';

type Outputs = Readonly<Record<string, TensorData>>;

/** How far a shadow's answer is from the one that the caller got. */
export interface Disagreement {
  /** Whether any row is decided otherwise; without a decision, whether any value is further apart than tolerated. */
  readonly differs: boolean;
  /** Largest difference of two numbers that were compared; 0 when none were. */
  readonly largest: number;
}

/** Of numbers that no decision is made of, this share of the larger one counts as the same: float32 and other kernels. */
const TOLERANCE = 1e-3;
/** And this much in any case. */
const SLACK = 1e-6;

/** What a version said of the rows, before its guards hold anything back. */
export interface VersionPrediction {
  /** Its own; undefined where it makes none. */
  readonly decision: Decision | undefined;
  /** Names of the classes that it chooses from; scores are their indices. */
  readonly classes?: readonly string[];
  /** Of the decision's output, one a row; empty without one. */
  readonly scores: readonly number[];
  readonly outputs: Outputs;
}

/** Of a shadow that refuses or fails where an answer was given: callers would be told that instead. */
export const NO_ANSWER: Disagreement = { differs: true, largest: 0 };

/**
 * Compares what two versions say of the same rows. A decision is compared as such, each version's by its own threshold:
 * a class that stays the same is no disagreement, whatever the score (of several classes by their names, as each version
 * orders its own); of a regression, a difference beyond what counts as wrong is, or without a tolerance one beyond what
 * numbers may differ by. Models without a decision are compared output by output: numbers within a tolerance,
 * everything else for equality. An output that only one of them has, or of another shape, is a disagreement.
 *
 * It is the models that are compared, not what their guards let callers see of them: numbers that are withheld are all
 * alike, rounded ones are alike or a whole step apart, and a change of guards would pass for one of the model.
 *
 * @param given    of the version that answered
 * @param mirrored of the shadow
 */
export function disagreement(given: VersionPrediction, mirrored: VersionPrediction): Disagreement {
  const { decision } = given;
  if (decision === undefined || mirrored.decision?.task !== decision.task || given.scores.length === 0)
    return byOutput(given.outputs, mirrored.outputs);
  let differs = given.scores.length !== mirrored.scores.length;
  let largest = 0;
  given.scores.forEach((score, row) => {
    const other = mirrored.scores[row] ?? Number.NaN;
    if (decision.task === 'multiclass') {
      // Two that gave no class agree, and indices of classes are not apart by any number.
      differs ||= (given.classes?.[score] ?? String(score)) !== (mirrored.classes?.[other] ?? String(other));
      return;
    }
    const apart = distance(score, other);
    largest = Math.max(largest, Number.isFinite(apart) ? apart : 0);
    if (decision.task === 'binary')
      differs ||= score >= decision.threshold !== other >= (mirrored.decision as BinaryDecision).threshold;
    else differs ||= decision.tolerance === undefined ? !alike(score, other) : !(apart <= decision.tolerance);
  });
  return { differs, largest };
}

function byOutput(given: Outputs, mirrored: Outputs): Disagreement {
  const names = new Set([...Object.keys(given), ...Object.keys(mirrored)]);
  let differs = false;
  let largest = 0;
  for (const name of names) {
    const [a, b] = [ownValue(given, name), ownValue(mirrored, name)];
    if (a === undefined || b === undefined || a.data.length !== b.data.length || a.shape.join() !== b.shape.join()) {
      differs = true;
      continue;
    }
    for (let i = 0; i < a.data.length; i++) {
      const [x, y] = [a.data[i]!, b.data[i]!];
      if (typeof x === 'string' || typeof y === 'string' || typeof x === 'boolean' || typeof y === 'boolean') {
        differs ||= x !== y;
        continue;
      }
      const apart = distance(Number(x), Number(y));
      if (Number.isFinite(apart)) largest = Math.max(largest, apart);
      differs ||= !alike(Number(x), Number(y));
    }
  }
  return { differs, largest };
}

function alike(a: number, b: number): boolean {
  const apart = distance(a, b);
  return apart === 0 || apart <= SLACK + TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
}

/** Two that are no numbers, or the same infinity, are the same. */
const distance = (a: number, b: number): number => (Object.is(a, b) || a === b ? 0 : Math.abs(a - b));
