import { type JudgeRules, type Margin, operationMargin } from '../judge/rules.ts';
import { signTest } from '../quality/paired.ts';
import type { RatePairs } from './replay-tally.ts';
import type { SideBySide } from './side-by-side.ts';

/**
 * By what a version is clearly worse than the champion on the same rows, as sentences; none where it is not. The margin
 * must be exceeded, and McNemar's exact test be at its part of the level that versions are taken back at.
 */
export function clearlyWorse({ champion, pairs }: SideBySide, rules: JudgeRules): string[] {
  const deciding = pairs.flatMap((each) => {
    const margin = marginOf(each, rules, pairs[0]?.pairs.n ?? 0);
    return margin === undefined ? [] : [{ ...each, margin }];
  });
  return deciding
    .filter((each) => isWorse(each, rules.takeBackLevel / deciding.length))
    .map(({ metric, className, pairs: own }) => {
      const of = className === null ? metric : `${metric} of ${className}`;
      const [suspect, reference] = [own.both + own.suspectOnly, own.both + own.referenceOnly];
      return `${NAMES[metric] ?? of}${className === null ? '' : ` (${className})`}: ${suspect} of ${own.n} rows, ${reference} of version ${champion}`;
    });
}

/** What is bad, by the rate that counts it. */
const NAMES: Readonly<Record<string, string>> = {
  notFinite: 'no finite answer',
  errorRate: 'wrong decisions',
  recall: 'missed',
  specificity: 'false positives among negatives',
  errorAboveMedian: 'errors above the usual median',
  errorAboveP90: 'errors above nine tenths of the usual ones',
};

/** What is bad whatever decides, and what the rules name; rare classes decide nothing. */
function marginOf({ metric, className, pairs }: RatePairs, rules: JudgeRules, rows: number): Margin | undefined {
  if (metric === 'notFinite') return operationMargin(rules);
  const named = rules.quality.find(
    (each) => each.metric === metric && (each.class === undefined || each.class === className),
  );
  if (named === undefined || (className !== null && pairs.n < rules.minClassShare * rows)) return undefined;
  return { relative: named.margin, floor: named.floor };
}

function isWorse({ pairs, effect = 1, margin }: RatePairs & { readonly margin: Margin }, level: number): boolean {
  const { n, both, suspectOnly, referenceOnly } = pairs;
  if (n === 0 || suspectOnly <= referenceOnly) return false;
  const allowed = (margin.relative * (both + referenceOnly)) / n + margin.floor;
  // Rows of one unit are alike, and count for fewer than they are.
  const [heads, tails] = [suspectOnly, referenceOnly].map((count) => Math.floor(count / effect)) as [number, number];
  return (suspectOnly - referenceOnly) / n > allowed && signTest(heads, tails) / 2 <= level;
}
