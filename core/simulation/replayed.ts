import type { VersionBehaviour } from './behaviour.ts';
import type { OutcomeTable } from './outcomes.ts';
import type { Random } from './random.ts';

/** Requests by who was bad at them when both were asked again. */
export interface ReplayedPairs {
  n: number;
  both: number;
  suspectOnly: number;
  referenceOnly: number;
}

export const noReplayedPairs = (): ReplayedPairs => ({ n: 0, both: 0, suspectOnly: 0, referenceOnly: 0 });

/** Asks two versions again about `n` requests at which each is bad with a chance of its own; adds them, in place. */
export function askAgain(
  pairs: ReplayedPairs,
  random: Random,
  n: number,
  chances: { readonly suspect: number; readonly reference: number },
): void {
  const suspect = random.binomial(n, chances.suspect);
  const both = random.binomial(suspect, chances.reference);
  pairs.n += n;
  pairs.both += both;
  pairs.suspectOnly += suspect - both;
  pairs.referenceOnly += random.binomial(n - suspect, chances.reference);
}

/** Chance that one of two independent things happens. */
export const either = (a: number, b: number): number => 1 - (1 - a) * (1 - b);

/** How the decisions of two versions about the same rows differ. */
export interface Likeness {
  /** Share of rows that they decide otherwise. */
  readonly disagreement: number;
  readonly rankCorrelation: number;
}

const USUAL: Likeness = { disagreement: 0.05, rankCorrelation: 0.95 };

/** Of two versions, by how each is like the first: what they differ in from it is apart. */
export function likenessOf(versions: readonly VersionBehaviour[], a: number, b: number): Likeness {
  const own = (version: number): Likeness => {
    if (version === 1) return { disagreement: 0, rankCorrelation: 1 };
    const { disagreement = USUAL.disagreement, rankCorrelation = USUAL.rankCorrelation } = versions[version - 1]!;
    return { disagreement, rankCorrelation };
  };
  if (a === b) return { disagreement: 0, rankCorrelation: 1 };
  const [first, second] = [own(a), own(b)];
  return {
    disagreement: first.disagreement + second.disagreement - 2 * first.disagreement * second.disagreement,
    rankCorrelation: first.rankCorrelation * second.rankCorrelation,
  };
}

/** Share of decisions that go to each class. */
function decided({ classes, cells }: OutcomeTable): number[] {
  return Array.from({ length: classes }, (_, decision) =>
    cells.reduce((sum, cell, i) => sum + (i % classes === decision ? cell : 0), 0),
  );
}

/** Chance that two versions decide a row otherwise when the answers of one are not about that row. */
export function disagreementByChance(suspect: OutcomeTable, reference: OutcomeTable): number {
  const [own, other] = [decided(suspect), decided(reference)];
  return 1 - own.reduce((sum, share, i) => sum + share * other[i]!, 0);
}

/** Rows of one true class: how many, and at how many of them the suspect was wrong. */
export interface TruthRows {
  readonly n: number;
  readonly wrong: number;
}

/**
 * Who was wrong about rows of one true class, given at how many the suspect was. Where decisions differ, one of the two
 * is wrong, so how often they do says how often both are: as often as their rates of errors allow.
 */
export function pairTruths(
  random: Random,
  { n, wrong }: TruthRows,
  rates: { readonly suspect: number; readonly reference: number; readonly disagreement: number },
): ReplayedPairs {
  const { suspect: a, reference: b } = rates;
  const apart = Math.min(Math.max(rates.disagreement, Math.abs(a - b)), a + b, 2 - a - b);
  const together = (a + b - apart) / 2;
  const both = random.binomial(wrong, a > 0 ? Math.min(1, together / a) : 0);
  const referenceOnly = random.binomial(n - wrong, a < 1 ? Math.min(1, Math.max(0, (b - together) / (1 - a))) : 0);
  return { n, both, suspectOnly: wrong - both, referenceOnly };
}
