import type { Counts } from '../../core/judge/counts.ts';
import { type JudgeRules, operationMargin } from '../../core/judge/rules.ts';
import { hourOf } from '../../core/quality/hour-tallies.ts';
import { ALL } from '../../core/quality/segments.ts';
import { mergeSegments, type SegmentTally } from '../../core/quality/tally.ts';
import type { Entry } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';
import { readHour } from '../quality/read-tallies.ts';
import type { GatheredComparison } from './gathered-comparison.ts';
import { FAILURES, type OperationOptions, periodCounts } from './operation-evidence.ts';
import { ASKING_MS } from './replay-evidence.ts';
import { compareTruths } from './truth-evidence.ts';

const HOUR_MS = 3_600_000;
/** What is compared of either side of a release: so many answers or truths, the nearest to it. */
const ENOUGH = 200;
/** And at most so far from it. */
const AROUND_HOURS = 24;
const AROUND_MS = AROUND_HOURS * HOUR_MS;
/** Hours differ by themselves, so a champion has to be so many times as often wrong as what was before it. */
const RATIO_AFTERWARDS = 2;
/** Failures begin with a release unless so many good answers before the first would be this unlikely. */
const BEGINS_LEVEL = 0.01;

/** A champion that took all the traffic over from another version. */
export interface Takeover {
  readonly model: string;
  readonly champion: number;
  readonly predecessor: number;
  readonly at: Date;
  /** Since when the champion had the traffic, as tallies name it. */
  readonly since: string;
}

/**
 * The takeover that made the champion what it is; undefined where it was returned to, or nothing was before it.
 *
 * @param started the entry since which the champion is judged
 * @param before the one before it
 */
export function takeoverOf(started: Entry, before: Entry | undefined): Takeover | undefined {
  const { champion, since } = started.state;
  const predecessor = before?.state.champion ?? null;
  if (champion === null || predecessor === null || predecessor === champion || since === null) return undefined;
  return { model: started.model, champion, predecessor, at: new Date(started.at), since };
}

/**
 * A champion beside what was before it, where nothing can be asked of both: the last answers and truths of the one and
 * the first of the other. Whatever else changes later is no part of it.
 */
export async function onsetComparisons(
  home: Pick<Home, 'metrics' | 'data'>,
  takeover: Takeover,
  { rules, now, replays, asks }: OperationOptions & { readonly now: Date },
): Promise<GatheredComparison[]> {
  const seen = await seenTakeover(home, takeover, now);
  // What both were asked about says more than what was before, which was other hours.
  const isAsked = replays.some(({ failures }) => failures.n > 0);
  const [failures, truths] = await Promise.all([
    isAsked ? [] : failureOnset(home, seen, { rules, now, asks }),
    replays.some(({ asked }) => asked > 0) ? [] : truthOnset(home, takeover, rules),
  ]);
  return [...failures, ...truths];
}

/** Where the clock of who released was ahead, a release begins with the first answer of its champion. */
async function seenTakeover(home: Pick<Home, 'metrics'>, takeover: Takeover, now: Date): Promise<Takeover> {
  if (takeover.at <= now) return takeover;
  const { model, champion: version } = takeover;
  const window = { from: new Date(now.getTime() - AROUND_MS), to: now };
  const [first] = (await periodCounts(home, { model, version }, { metric: 'Failure', bad: 'Sum' }, window)).keys();
  return { ...takeover, at: first === undefined ? now : new Date(first) };
}

async function failureOnset(
  home: Pick<Home, 'metrics'>,
  { model, champion, predecessor, at }: Takeover,
  { rules, now, asks }: { readonly rules: JudgeRules; readonly now: Date; readonly asks: boolean },
): Promise<GatheredComparison[]> {
  const after = await nearest(home, { model, version: champion, at, until: now });
  if (after.every(({ bad }) => bad === 0)) return [];
  const before = await nearest(home, { model, version: predecessor, at });
  // What failed before the release as well did not begin with it.
  if (before.some((each) => each.bad > 0) || !beginsAtOnce(after)) return [];
  const strata = [{ suspect: sumOf(after), reference: sumOf(before) }];
  const margin = operationMargin(rules);
  // What began a moment ago is being asked again of both.
  const young = now.getTime() - at.getTime() < ASKING_MS;
  const own = strata.map((each) => ({ ...each, suspect: { ...each.suspect, bad: 0 } }));
  const asked = asks && young ? { own, cause: null, sentence: 'failures are asked again of both versions' } : undefined;
  const closed = now.getTime() - at.getTime() > AROUND_MS;
  const comparison = { metric: FAILURES, kind: 'failure' as const, margin, holdsStep: false, strata, asked, closed };
  return [{ comparison, current: strata }];
}

/** What a version answered next to a release. */
interface NearestAnswers {
  readonly model: string;
  readonly version: number;
  readonly at: Date;
  /** Absent: what is before the release. */
  readonly until?: Date;
}

/** The answers nearest to a release: of the first stretch of time that holds enough of them, by its finest periods. */
async function nearest(home: Pick<Home, 'metrics'>, { model, version, at, until }: NearestAnswers): Promise<Counts[]> {
  let periods: Counts[] = [];
  for (const hours of [1, 6, AROUND_HOURS]) {
    const far = at.getTime() + (until === undefined ? -1 : 1) * hours * HOUR_MS;
    const window =
      until === undefined
        ? { from: new Date(far), to: at }
        : { from: at, to: new Date(Math.min(far, until.getTime())) };
    const read = await periodCounts(home, { model, version }, { metric: 'Failure', bad: 'Sum' }, window);
    const found = until === undefined ? [...read.values()].reverse() : [...read.values()];
    // Longer periods leave more of the edges out.
    if (sumOf(found).n > sumOf(periods).n) periods = found;
    if (sumOf(periods).n >= ENOUGH) break;
  }
  return first(periods);
}

/** Whether failures began with the first answers, rather than after some that were good. */
function beginsAtOnce(periods: readonly Counts[]): boolean {
  const begin = periods.findIndex(({ bad }) => bad > 0);
  const good = sumOf(periods.slice(0, begin)).n;
  const { n, bad } = sumOf(periods.slice(begin));
  return good === 0 || good * Math.log(1 - Math.min(bad / n, 1 - 1e-9)) >= Math.log(BEGINS_LEVEL);
}

async function truthOnset(
  home: Pick<Home, 'data'>,
  { model, champion, predecessor, at, since }: Takeover,
  rules: JudgeRules,
): Promise<GatheredComparison[]> {
  const hour = Math.floor(at.getTime() / HOUR_MS) * HOUR_MS;
  const hours = Array.from({ length: AROUND_HOURS }, (_, i) => i * HOUR_MS);
  const suspect = await firstTruths(
    home,
    { model, version: champion, isOfStretch: (each) => each !== null && each >= since },
    hours.map((after) => hour + after),
  );
  if (suspect === undefined) return [];
  const isBefore = (each: string | null): boolean => each === null || each < since;
  const reference = await firstTruths(
    home,
    { model, version: predecessor, isOfStretch: isBefore },
    hours.map((before) => hour - before),
  );
  if (reference === undefined) return [];
  const stratum = { since, suspect: { [ALL]: suspect }, reference: { [ALL]: reference } };
  return compareTruths([stratum], rules).flatMap(({ comparison, current }) =>
    // Of means of losses no difference between hours is known to be usual.
    'strata' in comparison
      ? [{ comparison: { ...comparison, ratio: RATIO_AFTERWARDS, holdsStep: false }, current }]
      : [],
  );
}

/** Truths of a version's first hours, in the order given, until there are enough. */
async function firstTruths(
  home: Pick<Home, 'data'>,
  { model, version, isOfStretch }: { model: string; version: number; isOfStretch: (since: string | null) => boolean },
  hours: readonly number[],
): Promise<SegmentTally | undefined> {
  let sum: SegmentTally | undefined;
  for (const hour of hours) {
    if ((sum?.units.rows ?? 0) >= ENOUGH) break;
    const tallies = await readHour(home, model, hourOf(new Date(hour).toISOString()));
    for (const { since, segments } of tallies?.versions.find((each) => each.version === version)?.strata ?? []) {
      const tally = segments[ALL];
      if (tally !== undefined && isOfStretch(since)) sum = sum === undefined ? tally : mergeSegments(sum, tally);
    }
  }
  return sum;
}

/** The first periods that hold enough. */
function first(periods: readonly Counts[]): Counts[] {
  let n = 0;
  return periods.filter((each) => {
    const wanted = n < ENOUGH;
    n += each.n;
    return wanted;
  });
}

const sumOf = (periods: readonly Counts[]): Counts =>
  periods.reduce((sum, { n, bad }) => ({ n: sum.n + n, bad: sum.bad + bad }), { n: 0, bad: 0 });
