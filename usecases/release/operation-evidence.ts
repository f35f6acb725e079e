import type { Counts } from '../../core/judge/counts.ts';
import { type JudgeRules, operationMargin } from '../../core/judge/rules.ts';
import { type MetricName, versionDimensions } from '../../core/observability/metric-names.ts';
import { hourOf } from '../../core/quality/hour-tallies.ts';
import type { ReplayTally } from '../../core/replay/replay-tally.ts';
import type { Home } from '../../platform/ports.ts';
import type { GatheredComparison } from './gathered-comparison.ts';
import { periodFor, type Versions, type Window } from './metric-strata.ts';
import type { Stretch } from './release-stretches.ts';
import { ASKING_MS, ownOf, type YoungStratum } from './replay-evidence.ts';

const HOUR_MS = 3_600_000;
/** How long before a release its champion's times are looked at. */
const BEFORE_MS = HOUR_MS;
const FIVE_MINUTES = 300;

/** How rates of answers are named. */
export const FAILURES = 'failures';
export const SLOWER_THAN = 'answers slower than ';

/**
 * How often answers of a challenger and of the champion failed or were slow, in all stretches of the release: slower than
 * the alarm's limit, and than 99 of 100 of the champion's before it began.
 */
export async function operationComparisons(
  home: Pick<Home, 'metrics'>,
  versions: Versions,
  stretches: readonly Stretch[],
  { rules, replays, asks }: OperationOptions,
): Promise<GatheredComparison[]> {
  const [first] = stretches;
  if (first === undefined) return [];
  const usual = await usualSlowest(home, versions, first.from);
  const rates: OperationRate[] = [
    { metric: 'Failure', bad: 'Sum', name: FAILURES, kind: 'failure' },
    slowerThan(rules.slowMs),
    ...(usual === undefined || usual >= rules.slowMs ? [] : [slowerThan(usual)]),
  ];
  return Promise.all(
    rates.map(async (rate) => {
      const margin = operationMargin(rules);
      const strata = await strataOf(home, versions, stretches, rate);
      const current = strata.filter(({ since }) => since === stretches.at(-1)!.since);
      const asked = ownOf(
        replays,
        strata,
        rate.kind === 'failure' ? 'failures' : 'slow',
        asks && rate.kind === 'failure',
      );
      return { comparison: { metric: rate.name, kind: rate.kind, margin, holdsStep: true, strata, asked }, current };
    }),
  );
}

export interface OperationOptions {
  readonly rules: JudgeRules;
  /** What asking again about the challenger's requests made known. */
  readonly replays: readonly ReplayTally[];
  /** Whether its failures are asked again at all. */
  readonly asks: boolean;
}

/** A rate that metrics have. */
export interface OperationRate {
  readonly metric: MetricName;
  /** Statistic that counts the bad ones. */
  readonly bad: string;
  readonly name: string;
  readonly kind: 'failure' | 'slow';
}

export const slowerThan = (ms: number): OperationRate => ({
  metric: 'Latency',
  bad: `TC(${ms}:)`,
  name: `${SLOWER_THAN}${Number(ms.toPrecision(3))} ms`,
  kind: 'slow',
});

/** The champion's p99 before the release, milliseconds; undefined where it had no traffic. */
async function usualSlowest(
  home: Pick<Home, 'metrics'>,
  { model, champion }: Versions,
  start: Date,
): Promise<number | undefined> {
  const points = await home.metrics.query({
    metric: 'Latency',
    dimensions: versionDimensions(home.metrics.environment, model, champion),
    statistic: 'p99',
    periodSeconds: FIVE_MINUTES,
    from: new Date(start.getTime() - BEFORE_MS),
    to: new Date(Math.floor(start.getTime() / (1_000 * FIVE_MINUTES)) * 1_000 * FIVE_MINUTES),
  });
  const sorted = points.map(({ value }) => value).sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle === undefined ? undefined : Number(middle.toPrecision(3));
}

async function strataOf(
  home: Pick<Home, 'metrics'>,
  { model, champion, challenger }: Versions,
  stretches: readonly Stretch[],
  rate: OperationRate,
): Promise<YoungStratum[]> {
  const { from, seenAt } = stretches[0]!;
  const window = { from, to: stretches.at(-1)!.to, seenAt };
  const [reference, suspect] = await Promise.all([
    periodCounts(home, { model, version: champion }, rate, window),
    periodCounts(home, { model, version: challenger }, rate, window),
  ]);
  const length = periodSecondsOf(window) * 1_000;
  const strata: YoungStratum[] = [];
  const asking = stretches.at(-1)!.to.getTime() - ASKING_MS;
  let [hour, index] = [Number.NaN, 0];
  for (const at of [...new Set([...reference.keys(), ...suspect.keys()])].sort((a, b) => a - b)) {
    while (index < stretches.length && at + length > stretches[index]!.to.getTime()) index++;
    const stretch = stretches[index];
    // A period in which shares changed is of neither stretch.
    if (stretch === undefined || at < stretch.from.getTime()) continue;
    const { since, share } = stretch;
    const known = strata.at(-1);
    const isSame = known?.since === since && hour === Math.floor(at / HOUR_MS);
    hour = Math.floor(at / HOUR_MS);
    if (isSame) strata.pop();
    const before = isSame ? known : { suspect: ZERO, reference: ZERO, young: 0 };
    strata.push({
      since,
      hour: hourOf(new Date(at).toISOString()),
      share,
      young: before.young + (at >= asking ? (suspect.get(at)?.bad ?? 0) : 0),
      suspect: plus(before.suspect, suspect.get(at)),
      reference: plus(before.reference, reference.get(at)),
    });
  }
  return strata;
}

const ZERO: Counts = { n: 0, bad: 0 };
const plus = (a: Counts, b: Counts = ZERO): Counts => ({ n: a.n + b.n, bad: a.bad + b.bad });

/** Length of the periods that windows up to a length are read by: short ones at first, so that the first minute counts. */
const PERIODS: readonly (readonly [longestMs: number, periodSeconds: number])[] = [
  [HOUR_MS, 10],
  [6 * HOUR_MS, 60],
  [Number.POSITIVE_INFINITY, 300],
];

/** A window that is looked at later than its end: metrics are kept the finer the younger they are. */
interface SeenWindow extends Window {
  /** @default its end */
  readonly seenAt?: Date;
}

function periodSecondsOf({ from, to, seenAt = to }: SeenWindow): number {
  const length = to.getTime() - from.getTime();
  return periodFor({ from, to: seenAt }, PERIODS.find(([longest]) => length <= longest)![1]);
}

/** Counts of a version's rate by begin of the period, milliseconds since 1970. */
export async function periodCounts(
  home: Pick<Home, 'metrics'>,
  { model, version }: { readonly model: string; readonly version: number },
  { metric, bad }: Pick<OperationRate, 'metric' | 'bad'>,
  window: SeenWindow,
): Promise<Map<number, Counts>> {
  const periodSeconds = periodSecondsOf(window);
  const query = {
    metric,
    dimensions: versionDimensions(home.metrics.environment, model, version),
    periodSeconds,
    from: new Date(Math.ceil(window.from.getTime() / (1_000 * periodSeconds)) * 1_000 * periodSeconds),
    to: new Date(Math.floor(window.to.getTime() / (1_000 * periodSeconds)) * 1_000 * periodSeconds),
  };
  if (query.from >= query.to) return new Map();
  const [counts, bads] = await Promise.all([
    home.metrics.query({ ...query, statistic: 'SampleCount' }),
    home.metrics.query({ ...query, statistic: bad }),
  ]);
  const badAt = new Map(bads.map(({ at, value }) => [at.getTime(), value]));
  return new Map(counts.map(({ at, value }) => [at.getTime(), { n: value, bad: badAt.get(at.getTime()) ?? 0 }]));
}
