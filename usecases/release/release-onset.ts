import { riseEvidence } from '../../core/judge/change-point.ts';
import type { Counts, JudgedStratum } from '../../core/judge/counts.ts';
import { addPairs, NO_PAIRS } from '../../core/judge/paired.ts';
import { type JudgeRules, operationMargin } from '../../core/judge/rules.ts';
import { hourOf } from '../../core/quality/hour-tallies.ts';
import { ALL } from '../../core/quality/segments.ts';
import { mergeSegments, type SegmentTally } from '../../core/quality/tally.ts';
import type { Entry } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';
import { readHour } from '../quality/read-tallies.ts';
import type { GatheredComparison } from './gathered-comparison.ts';
import { FAILURES, type OperationOptions, type OperationRate, periodCounts, slowerThan } from './operation-evidence.ts';
import { ASKING_MS, MOST, REPLAYED_NAMES, type ReplayedKind } from './replay-evidence.ts';
import { compareTruths, type TruthStratum } from './truth-evidence.ts';

const HOUR_MS = 3_600_000;
/** What is compared of either side of a release: so many answers or truths, the nearest to it. */
const ENOUGH = 200;
/** Of failures more: a few in a hundred that began with a release do as much harm in the long run. */
const ENOUGH_FAILURES = 1_000;
/** Truths are known by the hour, and one that is wrong twice as often is told by more of them. */
const ENOUGH_TRUTHS = 2_000;
/** And at most so far from it. */
const AROUND_HOURS = 24;
const AROUND_MS = AROUND_HOURS * HOUR_MS;
/** Hours differ by themselves, so a champion has to be so many times as often wrong as what was before it. */
const RATIO_AFTERWARDS = 2;
/** Environments that a release starts are slow at first, whatever the version. */
const WARM_UP_MS = 60_000;
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
  const operation = onsetRates(rules).map((rate) => {
    const { n, both, suspectOnly, referenceOnly } = replays.reduce(
      (sum, each) => addPairs(sum, each[rate.asked]),
      NO_PAIRS,
    );
    // A few that it alone is bad at bear out what began with it, before they are enough by themselves.
    if (n > 0 && (both + referenceOnly > 0 || suspectOnly < MOST * n)) return [];
    return operationOnset(home, seen, rate, { rules, now, asks: asks && n === 0, isBorneOut: n > 0 });
  });
  const isPaired = replays.some(({ truth }) => truth.some(({ pairs }) => pairs.n > 0));
  // A version stays as it is: what became wrong after its first decisions is the world's.
  const rise = isPaired ? 0 : await riseOfErrors(home, seen, now);
  const isHeld = !isPaired && rise < SURE_RISE;
  const truths = isHeld
    ? truthOnset(home, takeover, { rules, waits: asks && (await isTruthNew(home, seen, now)), mayRise: rise > RISE })
    : [];
  return (await Promise.all([...operation, truths])).flat();
}

/** Evidence that decisions became wrong some time after the first: from the first on it may be so, from the second it is. */
const [RISE, SURE_RISE] = [2.5, 7];

/** Evidence that decisions became wrong more often after a champion's first ones, or shortly before, by when truths came in. */
async function riseOfErrors(
  home: Pick<Home, 'metrics'>,
  { model, champion, predecessor, at }: Takeover,
  now: Date,
): Promise<number> {
  const rise = async (version: number, from: Date, to: Date): Promise<number> => {
    if (from >= to) return 0;
    const rate = { metric: 'PredictionError', bad: 'Sum' } as const;
    return riseEvidence([...(await periodCounts(home, { model, version }, rate, { from, to })).values()]);
  };
  const [after, before] = await Promise.all([
    rise(champion, at, new Date(Math.min(now.getTime(), at.getTime() + AROUND_MS))),
    // What became wrong minutes before the release is lost in the hours that its predecessor is held by.
    rise(predecessor, new Date(at.getTime() - BEFORE_RISE_MS), at),
  ]);
  // Of hours of one rate the likeliest place is likely anyhow: only what is sure counts.
  return before >= SURE_RISE ? before : after;
}

const BEFORE_RISE_MS = 2 * HOUR_MS;

/** Whether the first truths of a champion are too young to have been asked about. */
async function isTruthNew(
  home: Pick<Home, 'metrics'>,
  { model, champion: version, at }: Takeover,
  now: Date,
): Promise<boolean> {
  const window = { from: at, to: new Date(now.getTime() - ASKING_MS) };
  const known = await periodCounts(home, { model, version }, { metric: 'PredictionError', bad: 'Sum' }, window);
  return sumOf([...known.values()]).n === 0;
}

/** A rate whose onset is looked for. */
interface OnsetRate extends OperationRate {
  readonly asked: ReplayedKind;
  /** What is left out of a champion's first answers. */
  readonly settlesMs: number;
}

const onsetRates = (rules: JudgeRules): OnsetRate[] => [
  { metric: 'Failure', bad: 'Sum', name: FAILURES, kind: 'failure', asked: 'failures', settlesMs: 0 },
  { ...slowerThan(rules.slowMs), asked: 'slow', settlesMs: WARM_UP_MS },
];

/** Where the clock of who released was ahead, a release begins with the first answer of its champion. */
async function seenTakeover(home: Pick<Home, 'metrics'>, takeover: Takeover, now: Date): Promise<Takeover> {
  if (takeover.at <= now) return takeover;
  const { model, champion: version } = takeover;
  const window = { from: new Date(now.getTime() - AROUND_MS), to: now };
  const [first] = (await periodCounts(home, { model, version }, { metric: 'Failure', bad: 'Sum' }, window)).keys();
  return { ...takeover, at: first === undefined ? now : new Date(first) };
}

interface OnsetOptions {
  readonly rules: JudgeRules;
  readonly now: Date;
  /** Whether bad answers are going to be asked again. */
  readonly asks: boolean;
  /** Whether asking again has shown some to be its own. */
  readonly isBorneOut: boolean;
}

async function operationOnset(
  home: Pick<Home, 'metrics'>,
  takeover: Takeover,
  rate: OnsetRate,
  { rules, now, asks, isBorneOut }: OnsetOptions,
): Promise<GatheredComparison[]> {
  const { model, champion, predecessor, at } = takeover;
  const from = new Date(at.getTime() + rate.settlesMs);
  if (from >= now) return [];
  const [before, after] = await Promise.all([
    nearest(home, rate, { model, version: predecessor, at }),
    nearest(home, rate, { model, version: champion, at: from, until: now }),
  ]);
  const isUsual = first(before, ENOUGH).some((each) => each.bad > 0);
  const isPast = now.getTime() - at.getTime() > AROUND_MS;
  // What failed before the release as well did not begin with it; slow answers may have become more.
  if (isUsual && rate.kind === 'failure') return [];
  const askedAgain = `${REPLAYED_NAMES[rate.asked]} are asked again of both versions`;
  const comparison = { metric: rate.name, kind: rate.kind, margin: operationMargin(rules), holdsStep: false };
  if (after.some(({ bad }) => bad > 0) && (isUsual || beginsAtOnce(after))) {
    const strata = [{ suspect: sumOf(after), reference: sumOf(before) }];
    // What began a moment ago is being asked again of both.
    const waits = asks && now.getTime() - at.getTime() < ASKING_MS + rate.settlesMs;
    const asked = waits ? { own: noneOf(strata), cause: null, sentence: askedAgain } : undefined;
    const ratio = isUsual ? RATIO_AFTERWARDS : 1;
    const isClosed = !waits && (isPast || sumOf(after).n >= enoughOf(rate));
    return [{ comparison: { ...comparison, ratio, strata, asked, isClosed }, current: strata }];
  }
  if (isUsual || isBorneOut || isPast) return [];
  const later = await laterOnset(home, { ...takeover, at: from }, rate, now);
  if (later === undefined) return [];
  const strata = [{ suspect: later.counts, reference: sumOf(before) }];
  const minutes = Math.max(1, Math.round((later.began - at.getTime()) / 60_000));
  const sentence = `they began ${minutes} min after the release, and version ${champion} alone has answers since: whether they are its own is not known`;
  const asked =
    asks && now.getTime() - later.began < ASKING_MS
      ? { own: noneOf(strata), cause: null, sentence: askedAgain }
      : { own: noneOf(strata), cause: 'unclear' as const, sentence };
  return [{ comparison: { ...comparison, strata, asked }, current: strata }];
}

/** As strata, with nothing of what is bad held against the suspect. */
const noneOf = (strata: readonly JudgedStratum[]): JudgedStratum[] =>
  strata.map((each) => ({ ...each, suspect: { ...each.suspect, bad: 0 } }));

/** What began within the hour of a release, but not with it. */
async function laterOnset(
  home: Pick<Home, 'metrics'>,
  { model, champion: version, at }: Takeover,
  rate: OnsetRate,
  now: Date,
): Promise<{ readonly began: number; readonly counts: Counts } | undefined> {
  const to = new Date(Math.min(now.getTime(), at.getTime() + HOUR_MS));
  const hour = await periodCounts(home, { model, version }, rate, { from: at, to, seenAt: now });
  const began = [...hour].find(([, { bad }]) => bad > 0)?.[0];
  if (began === undefined) return undefined;
  const since = await nearest(home, rate, { model, version, at: new Date(began), until: now });
  return { began, counts: sumOf(since) };
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
async function nearest(
  home: Pick<Home, 'metrics'>,
  rate: Pick<OperationRate, 'metric' | 'bad'>,
  { model, version, at, until }: NearestAnswers,
): Promise<Counts[]> {
  let periods: Counts[] = [];
  for (const hours of [1, 6, AROUND_HOURS]) {
    const far = at.getTime() + (until === undefined ? -1 : 1) * hours * HOUR_MS;
    const window =
      until === undefined
        ? { from: new Date(far), to: at }
        : { from: at, to: new Date(Math.min(far, until.getTime())) };
    const read = await periodCounts(home, { model, version }, rate, window);
    const found = until === undefined ? [...read.values()].reverse() : [...read.values()];
    // Longer periods leave more of the edges out.
    if (sumOf(found).n > sumOf(periods).n) periods = found;
    if (sumOf(periods).n >= enoughOf(rate)) break;
  }
  return first(periods, enoughOf(rate));
}

const enoughOf = ({ metric }: Pick<OperationRate, 'metric'>): number =>
  metric === 'Failure' ? ENOUGH_FAILURES : ENOUGH;

/** Whether failures began with the first answers, rather than after some that were good. */
function beginsAtOnce(periods: readonly Counts[]): boolean {
  const begin = periods.findIndex(({ bad }) => bad > 0);
  const good = sumOf(periods.slice(0, begin)).n;
  // Good answers behind the last failure do not make a burst rare.
  const { n, bad } = sumOf(periods.slice(begin, periods.findLastIndex((each) => each.bad > 0) + 1));
  return good === 0 || good * Math.log(1 - Math.min(bad / n, 1 - 1e-9)) >= Math.log(BEGINS_LEVEL);
}

interface TruthOnsetOptions {
  readonly rules: JudgeRules;
  /** Whether its first truths are being asked about. */
  readonly waits: boolean;
  /** Whether decisions may have become wrong only after the first. */
  readonly mayRise: boolean;
}

async function truthOnset(
  home: Pick<Home, 'data'>,
  { model, champion, predecessor, at, since }: Takeover,
  { rules, waits, mayRise }: TruthOnsetOptions,
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
  if (reference === undefined && !waits) return [];
  const before: TruthStratum['reference'] = reference === undefined ? {} : { [ALL]: reference };
  const stratum: TruthStratum = { since, suspect: { [ALL]: suspect }, reference: before };
  return compareTruths([stratum], rules).flatMap(({ comparison, current }) => {
    // Of means of losses no difference between hours is known to be usual.
    if (!('strata' in comparison)) return [];
    // The first truths are being asked about: the same rows say more than other hours.
    const sentence = 'rows whose truth has become known are asked again of both versions';
    const own = noneOf(comparison.strata);
    const began = `decisions may have become wrong a little before or after the release of version ${champion}, which alone has answers since: whether they are its own is not known`;
    const unsure = mayRise ? { own, cause: 'unclear' as const, sentence: began } : undefined;
    const asked = waits ? { own, cause: null, sentence } : unsure;
    // What comes later is no part of it.
    const isClosed = !waits && suspect.units.rows >= ENOUGH_TRUTHS;
    return [{ comparison: { ...comparison, ratio: RATIO_AFTERWARDS, holdsStep: false, asked, isClosed }, current }];
  });
}

/** Truths of a version's first hours, in the order given, until there are enough. */
async function firstTruths(
  home: Pick<Home, 'data'>,
  { model, version, isOfStretch }: { model: string; version: number; isOfStretch: (since: string | null) => boolean },
  hours: readonly number[],
): Promise<SegmentTally | undefined> {
  let sum: SegmentTally | undefined;
  for (const hour of hours) {
    if ((sum?.units.rows ?? 0) >= ENOUGH_TRUTHS) break;
    const tallies = await readHour(home, model, hourOf(new Date(hour).toISOString()));
    for (const { since, segments } of tallies?.versions.find((each) => each.version === version)?.strata ?? []) {
      const tally = segments[ALL];
      if (tally !== undefined && isOfStretch(since)) sum = sum === undefined ? tally : mergeSegments(sum, tally);
    }
  }
  return sum;
}

/** The first periods that hold enough. */
function first(periods: readonly Counts[], enough: number): Counts[] {
  let n = 0;
  return periods.filter((each) => {
    const wanted = n < enough;
    n += each.n;
    return wanted;
  });
}

const sumOf = (periods: readonly Counts[]): Counts =>
  periods.reduce((sum, { n, bad }) => ({ n: sum.n + n, bad: sum.bad + bad }), { n: 0, bad: 0 });
