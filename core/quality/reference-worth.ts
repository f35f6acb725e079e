import type { Counts } from '../judge/counts.ts';
import { proportionBounds } from '../judge/proportion.ts';
import type { JudgeRules } from '../judge/rules.ts';
import type { ReferencePerformance } from '../profile/profile.ts';
import { ERROR_QUANTILES } from './error-bins.ts';

/** A rate of two versions, each on its own reference. */
export interface ReferenceRate {
  readonly metric: string;
  readonly own: Counts;
  readonly champion: Counts;
}

/**
 * By what a version is clearly worse on its own reference than the champion on its own, as sentences: where the
 * intervals of both rates are apart by more than the margin.
 */
export function worseOnReference(
  own: ReferencePerformance,
  champion: ReferencePerformance,
  rules: JudgeRules,
): string[] {
  const rates = referenceRates(own, champion);
  const deciding = rates.flatMap((rate) => {
    const rule = rules.quality.find((each) => isAbout(rate, each));
    return rule === undefined ? [] : [{ ...rate, rule }];
  });
  // Of older references nothing but the error rate is known.
  const [errorRate] = rates.filter(({ metric }) => metric === 'errorRate');
  const [first] = rules.quality;
  const compared =
    deciding.length > 0 || errorRate === undefined || first === undefined ? deciding : [{ ...errorRate, rule: first }];
  return compared
    .filter(({ own: a, champion: b, rule }) => {
      const level = rules.takeBackLevel / (2 * compared.length);
      const [low] = proportionBounds(a, level);
      const [, high] = proportionBounds(b, level);
      return low > (1 + rule.margin) * high + rule.floor;
    })
    .map(({ metric, own: a, champion: b }) => `${NAMES[metric] ?? metric}: ${shareOf(a)}, the champion ${shareOf(b)}`);
}

/** Whether a rate is the one that a deciding metric is about; there is no other of which a reference keeps enough. */
function isAbout({ metric: rate }: ReferenceRate, { metric, class: name }: JudgeRules['quality'][number]): boolean {
  if (metric === 'recall') return rate === `${MISSED}${name ?? 'true'}`;
  if (metric === 'specificity') return rate === `${MISSED}false`;
  return rate === metric;
}

/** How rates of classes begin: the share of their rows that was decided otherwise. */
const MISSED = 'missed ';

const NAMES: Readonly<Record<string, string>> = {
  errorRate: 'wrong decisions',
  'missed true': 'missed positives',
  'missed false': 'false positives among negatives',
  errorAboveMedian: 'errors above the champion’s median',
  errorAboveP90: 'errors above nine tenths of the champion’s',
};

/** Rates that are known of both references. */
export function referenceRates(own: ReferencePerformance, champion: ReferencePerformance): ReferenceRate[] {
  const rates: ReferenceRate[] = [];
  if (own.errorRate !== undefined && champion.errorRate !== undefined)
    rates.push({ metric: 'errorRate', own: countsOf(own), champion: countsOf(champion) });
  for (const each of own.classes ?? []) {
    const other = champion.classes?.find(({ name }) => name === each.name);
    if (other === undefined) continue;
    rates.push({
      metric: `${MISSED}${each.name}`,
      own: { n: each.rows, bad: each.wrong },
      champion: { n: other.rows, bad: other.wrong },
    });
  }
  const [edges, others] = [hundredths(own), hundredths(champion)];
  if (edges === undefined || others === undefined) return rates;
  for (const [metric, part] of [
    ['errorAboveMedian', 50],
    ['errorAboveP90', 90],
  ] as const) {
    const limit = others[part - 1]!;
    const above = (ascending: readonly number[], n: number): Counts => ({
      n,
      bad: Math.round((n * (1 + ascending.filter((edge) => edge > limit).length)) / 100),
    });
    rates.push({ metric, own: above(edges, own.rows), champion: above(others, champion.rows) });
  }
  return rates;
}

const countsOf = ({ rows, errorRate = 0 }: ReferencePerformance): Counts => ({
  n: rows,
  bad: Math.round(errorRate * rows),
});

/** The hundredths of a reference's absolute errors; undefined where some were equal, and are kept as one. */
const hundredths = ({ errorEdges }: ReferencePerformance): readonly number[] | undefined =>
  errorEdges?.length === ERROR_QUANTILES.length ? errorEdges.slice(0, 99) : undefined;

const percent = (share: number): string => `${short(100 * share)} %`;
const short = (value: number): string => String(Number(value.toPrecision(3)));
const shareOf = ({ n, bad }: Counts): string => {
  const [low, high] = proportionBounds({ n, bad }, 0.05);
  return `${percent(n === 0 ? 0 : bad / n)} of ${n} (${percent(low)} to ${percent(high)})`;
};
