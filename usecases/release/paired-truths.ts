import { addCounts, type Counts, NO_COUNTS } from '../../core/judge/counts.ts';
import { addPairs, NO_PAIRS, type PairedCounts } from '../../core/judge/paired.ts';
import type { PairedComparison } from '../../core/judge/paired-comparison.ts';
import type { JudgeRules } from '../../core/judge/rules.ts';
import type { ReplayTally } from '../../core/replay/replay-tally.ts';
import { RATE_NAMES, truthMargin } from './truth-evidence.ts';

/** Which of two versions was wrong about the same rows, by what decides. */
export function pairedTruths(tallies: readonly ReplayTally[], rules: JudgeRules): PairedComparison[] {
  const sums = new Map<string, { metric: string; className: string | undefined; pairs: PairedCounts }>();
  for (const { metric, className, pairs, effect = 1 } of tallies.flatMap(({ truth }) => truth)) {
    const key = `${metric} ${className ?? ''}`;
    const known = sums.get(key)?.pairs ?? NO_PAIRS;
    sums.set(key, { metric, className: className ?? undefined, pairs: addPairs(known, worth(pairs, effect)) });
  }
  const rows = Math.max(0, ...[...sums.values()].map(({ pairs }) => pairs.n));
  return [...sums.values()].flatMap(({ metric, className, pairs }) => {
    const margin = truthMargin({ metric, className, n: pairs.n }, rules, rows);
    if (margin === undefined || pairs.n === 0) return [];
    const name = `${RATE_NAMES[metric as keyof typeof RATE_NAMES]} about the same rows`;
    return [{ metric: name, kind: 'truth' as const, className, margin, holdsStep: false, pairs }];
  });
}

/** Of how many rows of the suspect with truth the reference decides wrongly, asked the same. */
export const referenceWrong = (tallies: readonly ReplayTally[]): Counts =>
  tallies
    .flatMap(({ truth }) => truth)
    .filter(({ metric, className }) => metric === 'errorRate' && className === null)
    .map(({ pairs, effect = 1 }) => ({ n: pairs.n / effect, bad: (pairs.both + pairs.referenceOnly) / effect }))
    .reduce(addCounts, NO_COUNTS);

/** Rows of one unit are alike, and count for fewer than they are; what is left over speaks for the suspect. */
const worth = ({ n, both, suspectOnly, referenceOnly }: PairedCounts, effect: number): PairedCounts => ({
  n: n / effect,
  both: both / effect,
  suspectOnly: Math.floor(suspectOnly / effect),
  referenceOnly: Math.ceil(referenceOnly / effect),
});
