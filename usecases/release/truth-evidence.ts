import type { Comparison } from '../../core/judge/comparison.ts';
import { NO_COUNTS } from '../../core/judge/counts.ts';
import type { JudgeRules, Margin } from '../../core/judge/rules.ts';
import { type ErrorLimits, errorLimits, type TruthRate, truthRates } from '../../core/quality/bad-decisions.ts';
import { ALL } from '../../core/quality/segments.ts';
import { mergeSegments, type SegmentTally } from '../../core/quality/tally.ts';
import { designEffect } from '../../core/quality/units.ts';
import type { Home } from '../../platform/ports.ts';
import { readTallies } from '../quality/read-tallies.ts';
import type { Versions } from './metric-strata.ts';
import type { GatheredComparison } from './operation-evidence.ts';
import type { Stretch } from './release-stretches.ts';

/** What truths made known of both versions, in one hour of predictions and one stretch. */
export interface TruthStratum {
  readonly since: string;
  /** Absent where the suspect comes after the reference. */
  readonly share?: number;
  readonly suspect: Readonly<Record<string, SegmentTally>>;
  readonly reference: Readonly<Record<string, SegmentTally>>;
}

/** Bad decisions by what they are called. */
const NAMES: Readonly<Record<TruthRate['metric'], string>> = {
  errorRate: 'wrong decisions',
  recall: 'missed',
  specificity: 'false positives among negatives',
  precision: 'false among positive decisions',
  errorAboveMedian: 'errors above the usual median',
  errorAboveP90: 'errors above nine tenths of the usual ones',
  brier: 'Brier score',
  logLoss: 'log loss',
  cost: 'cost',
};

/** What truths make known of a challenger and the champion, in all stretches of the release, by hour of prediction. */
export async function truthComparisons(
  home: Pick<Home, 'data'>,
  { model, champion, challenger }: Versions,
  stretches: readonly Stretch[],
  rules: JudgeRules,
): Promise<GatheredComparison[]> {
  const [first, last] = [stretches[0], stretches.at(-1)];
  if (first === undefined || last === undefined) return [];
  const shares = new Map(stretches.map(({ since, share }) => [since, share]));
  const strata: TruthStratum[] = [];
  let repeated = 0;
  for (const { versions } of await readTallies(home, { model, from: first.from, to: last.to })) {
    const of = (version: number, since: string) =>
      versions.find((each) => each.version === version)?.strata.find((each) => each.since === since)?.segments ?? {};
    for (const [since, share] of shares)
      strata.push({ since, share, suspect: of(challenger, since), reference: of(champion, since) });
    repeated += versions.find((each) => each.version === challenger)?.uncounted.repeated ?? 0;
  }
  const truths = repeated + strata.reduce((sum, { suspect }) => sum + (suspect[ALL]?.units.rows ?? 0), 0);
  return compareTruths(strata, rules, last.since).map(({ comparison, current }) => ({
    comparison: { ...comparison, repeated: { repeated, truths } },
    current,
  }));
}

/** @param current since when the stretch is that lasts */
export function compareTruths(
  strata: readonly TruthStratum[],
  rules: JudgeRules,
  current?: string,
): GatheredComparison[] {
  const names = new Set(strata.flatMap(({ suspect }) => Object.keys(suspect)));
  return [...names].sort().flatMap((segment) => compareSegment(strata, { segment, rules, current }));
}

/** Rates of one stratum by name. */
interface RatedStratum extends Pick<TruthStratum, 'since' | 'share'> {
  readonly suspect: ReadonlyMap<string, TruthRate>;
  readonly reference: ReadonlyMap<string, TruthRate>;
}

function compareSegment(
  strata: readonly TruthStratum[],
  { segment, rules, current }: { segment: string; rules: JudgeRules; current: string | undefined },
): GatheredComparison[] {
  const of = (side: 'suspect' | 'reference') => merged(strata.map((each) => each[side][segment]));
  const [suspect, reference] = [of('suspect'), of('reference')];
  const decisions = reference?.decisions;
  const limits = decisions?.task === 'regression' ? errorLimits(decisions) : undefined;
  // Rows of one unit are alike, and count for fewer than they are.
  const effects = { suspect: effectOf(suspect), reference: effectOf(reference) };
  const rated = strata.map(
    (each): RatedStratum => ({
      since: each.since,
      share: each.share,
      suspect: ratesOf(each.suspect[segment], effects.suspect, limits),
      reference: ratesOf(each.reference[segment], effects.reference, limits),
    }),
  );
  return [...ratesOf(suspect, 1, limits)].flatMap(([name, rate]) => {
    const margin = marginOf(rate, { segment, rules, rows: totalRows(suspect) });
    if (margin === undefined) return [];
    const own = rated.map(({ since, share, ...sides }) => ({
      since,
      share,
      suspect: sides.suspect.get(name)?.counts ?? NO_COUNTS,
      reference: sides.reference.get(name)?.counts ?? NO_COUNTS,
    }));
    const comparison: Comparison = {
      metric: NAMES[rate.metric],
      kind: 'truth',
      segment: segment === ALL ? undefined : segment,
      className: rate.className,
      margin,
      holdsStep: segment === ALL && rate.className === undefined && rules.needsTruth !== 'no',
      strata: own,
    };
    return [{ comparison, current: own.filter(({ since }) => since === current) }];
  });
}

/** What decides of the whole traffic is what the rules name; of a segment, how often decisions are wrong. */
function marginOf(
  { metric, className, counts }: TruthRate,
  { segment, rules, rows }: { segment: string; rules: JudgeRules; rows: number },
): Margin | undefined {
  const named = rules.quality.find((each) => each.metric === metric && each.class === className);
  if (segment !== ALL) {
    const [first] = rules.quality;
    const decides = metric === 'errorRate' || metric === 'errorAboveP90';
    return decides && className === undefined && first ? { relative: first.margin, floor: first.floor } : undefined;
  }
  if (named === undefined || (className !== undefined && counts.n < rules.minClassShare * rows)) return undefined;
  return { relative: named.margin, floor: named.floor };
}

function ratesOf(
  tally: SegmentTally | undefined,
  effect: number,
  limits: ErrorLimits | undefined,
): Map<string, TruthRate> {
  if (tally?.decisions === undefined) return new Map();
  return new Map(
    truthRates(tally.decisions, limits).map((rate) => [
      `${rate.metric} ${rate.className ?? ''}`,
      { ...rate, counts: { n: rate.counts.n / effect, bad: rate.counts.bad / effect } },
    ]),
  );
}

const merged = (tallies: readonly (SegmentTally | undefined)[]): SegmentTally | undefined => {
  let sum: SegmentTally | undefined;
  for (const tally of tallies) if (tally !== undefined) sum = sum === undefined ? tally : mergeSegments(sum, tally);
  return sum;
};

const effectOf = (tally: SegmentTally | undefined): number => (tally === undefined ? 1 : designEffect(tally.units));

const totalRows = (tally: SegmentTally | undefined): number => tally?.units.rows ?? 0;
