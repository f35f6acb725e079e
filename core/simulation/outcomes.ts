import { normalQuantile } from '../experiment/sequential.ts';
import type { SegmentBehaviour, VersionBehaviour } from './behaviour.ts';
import { normalCdf } from './normal.ts';
import type { AnswerFault } from './replay-fields.ts';
import type { Scenario } from './scenario.ts';
import { classesOf } from './scenario-rules.ts';
import { type Varying, valueAt } from './varying.ts';

/**
 * How rows fall into what was true and what was decided: cell `truth * classes + decision`. A regression has one truth
 * and two decisions, within the tolerance or beyond: row 0 of a table of two classes.
 */
export interface OutcomeTable {
  readonly classes: number;
  /** Probabilities, or counts. */
  readonly cells: readonly number[];
}

/** What is off the diagonal. */
export function wrongOf({ classes, cells }: OutcomeTable): number {
  let sum = 0;
  for (let i = 0; i < cells.length; i++) if (Math.floor(i / classes) !== i % classes) sum += cells[i]!;
  return sum;
}

const DEFAULT_ERRORS = 0.1;
/** Unit of the predictions that a regression may be off by. */
export const DEFAULT_TOLERANCE = 1;

/**
 * Probabilities of a row's outcomes with a version, at a moment.
 *
 * @param segment what is different in the row's segment
 */
export function outcomeProbabilities(
  scenario: Scenario,
  version: VersionBehaviour,
  segment: SegmentBehaviour,
  t: number,
): OutcomeTable {
  const own = ownOutcomes(scenario, version, segment, t);
  if (version.answers === undefined) return own;
  return scenario.model.task === 'regression' ? missed(version.answers) : withFault(own, version.answers);
}

/** Estimates that are not about their rows are within the tolerance by chance alone. */
const BY_CHANCE = 0.05;
const missed = (fault: AnswerFault): OutcomeTable => {
  const right = fault === 'not-a-number' ? 0 : BY_CHANCE;
  return { classes: 2, cells: [right, 1 - right, 0, 0] };
};

/** Answers that are not about their rows: all wrong, all of the first class, or drawn from among the others. */
function withFault({ classes, cells }: OutcomeTable, fault: AnswerFault): OutcomeTable {
  const truths = Array.from({ length: classes }, (_, truth) =>
    cells.slice(truth * classes, (truth + 1) * classes).reduce((sum, cell) => sum + cell, 0),
  );
  const decided = Array.from({ length: classes }, (_, decision) =>
    cells.reduce((sum, cell, i) => sum + (i % classes === decision ? cell : 0), 0),
  );
  const chanceOf = (truth: number, decision: number): number => {
    if (fault === 'shuffled') return decided[decision]!;
    if (fault === 'constant') return decision === 0 ? 1 : 0;
    return decision === truth ? 0 : 1 / (classes - 1);
  };
  return {
    classes,
    cells: truths.flatMap((share, truth) => decided.map((_, decision) => share * chanceOf(truth, decision))),
  };
}

function ownOutcomes(
  scenario: Scenario,
  version: VersionBehaviour,
  segment: SegmentBehaviour,
  t: number,
): OutcomeTable {
  const at = (value: Varying | undefined): number | undefined => (value === undefined ? undefined : valueAt(value, t));
  const own = segment.errors ?? version.errors;
  const errors = at(own) ?? DEFAULT_ERRORS;
  const floor = valueAt(scenario.everywhere.errors, t);
  if (scenario.model.task === 'regression') {
    const wrong = Math.max(floor, segment.errors === undefined ? missShare(scenario, version, errors) : errors);
    return { classes: 2, cells: [1 - wrong, wrong, 0, 0] };
  }
  if (scenario.model.task === 'multiclass') return noWorseThan(multiClass(scenario, version, errors), floor);
  const positives = valueAt(scenario.traffic.positives ?? 0.5, t);
  const apart: SegmentBehaviour = segment.errors === undefined ? version : {};
  const recall = at(segment.recall ?? apart.recall) ?? 1 - errors;
  const specificity = at(segment.specificity ?? apart.specificity) ?? 1 - errors;
  const negatives = 1 - positives;
  const cells = [negatives * specificity, negatives * (1 - specificity), positives * (1 - recall), positives * recall];
  return noWorseThan({ classes: 2, cells }, floor);
}

/** Share of predictions that miss by more than the tolerance: errors are normal. */
function missShare({ model, traffic }: Scenario, version: VersionBehaviour, errors: number): number {
  const { scale = 1, bias = 0 } = version;
  const { tolerance = DEFAULT_TOLERANCE } = model;
  const values = traffic.values ?? { mean: 0, deviation: 1 };
  const noise = version.noise ?? tolerance / normalQuantile(1 - Math.min(0.999, Math.max(1e-9, errors)) / 2);
  const mean = (scale - 1) * values.mean + bias;
  const deviation = Math.hypot((scale - 1) * values.deviation, noise);
  if (deviation === 0) return Math.abs(mean) > tolerance ? 1 : 0;
  return normalCdf((-tolerance - mean) / deviation) + 1 - normalCdf((tolerance - mean) / deviation);
}

/** Errors go to every other class alike; classes that are swapped are taken for each other. */
function multiClass({ model, traffic }: Scenario, { swaps = [] }: VersionBehaviour, errors: number): OutcomeTable {
  const k = classesOf({ model });
  const shares = traffic.classes ?? Array.from({ length: k }, () => 1 / k);
  const total = shares.reduce((sum, share) => sum + share, 0);
  const taken = Array.from({ length: k }, (_, i) => i);
  for (const [a, b] of swaps) [taken[a], taken[b]] = [taken[b]!, taken[a]!];
  const cells = shares.flatMap((share, truth) =>
    taken.map((_, decision) => (share / total) * (decision === taken[truth] ? 1 - errors : errors / (k - 1))),
  );
  return { classes: k, cells };
}

/** Where the world makes every version wrong more often, rights of each class become wrongs alike. */
function noWorseThan(table: OutcomeTable, floor: number): OutcomeTable {
  const wrong = wrongOf(table);
  if (floor <= wrong) return table;
  const { classes, cells } = table;
  const spoilt = (floor - wrong) / (1 - wrong);
  const changed = cells.map((cell, i) => (Math.floor(i / classes) === i % classes ? cell * (1 - spoilt) : cell));
  for (let truth = 0; truth < classes; truth++)
    for (let decision = 0; decision < classes; decision++)
      if (decision !== truth)
        changed[truth * classes + decision]! += (cells[truth * classes + truth]! * spoilt) / (classes - 1);
  return { classes, cells: changed };
}
