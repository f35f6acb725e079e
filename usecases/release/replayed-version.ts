import { replayabilityOf } from '../../core/captures/replay.ts';
import type { AnswerTrouble } from '../../core/judge/answers.ts';
import { addCounts, type Counts, NO_COUNTS } from '../../core/judge/counts.ts';
import { addPairs, NO_PAIRS, type PairedCounts } from '../../core/judge/paired.ts';
import type { Lately, PairedComparison } from '../../core/judge/paired-comparison.ts';
import { type JudgeRules, operationMargin } from '../../core/judge/rules.ts';
import { hourOf } from '../../core/quality/hour-tallies.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import type { ReplayTally } from '../../core/replay/replay-tally.ts';
import type { Home } from '../../platform/ports.ts';
import type { Versions, Window } from './metric-strata.ts';
import { periodCounts } from './operation-evidence.ts';
import { pairedTruths } from './paired-truths.ts';
import type { Takeover } from './release-onset.ts';
import type { Stretch } from './release-stretches.ts';
import { answerTrouble, type ReplayedKind, readReplays } from './replay-evidence.ts';

/** What asking again about a version's requests says of it. */
export interface WhatReplayShows {
  readonly replays: readonly ReplayTally[];
  /** Whether its requests are asked again at all. */
  readonly asks: boolean;
  readonly comparisons: readonly PairedComparison[];
  readonly answers: readonly AnswerTrouble[];
}

interface ReplayedOptions {
  readonly rules: JudgeRules;
  /** The version that is judged. */
  readonly record: ModelVersion | undefined;
}

/** A challenger beside the champion: its failures are compared by who had them at random, and excused by this. */
export async function replayedChallenger(
  home: Pick<Home, 'data' | 'artifacts'>,
  { model, champion, challenger }: Versions,
  stretches: readonly Stretch[],
  { rules, record }: ReplayedOptions,
): Promise<WhatReplayShows> {
  const [first, last] = [stretches[0], stretches.at(-1)];
  if (first === undefined || last === undefined || !asksAgain(record)) return NOTHING;
  const known = new Set(stretches.map(({ since }) => since));
  const replays = await readReplays(home, {
    model,
    suspect: challenger,
    reference: champion,
    from: first.from,
    to: last.to,
    isOfStretch: (since) => known.has(since),
  });
  const answers = await answerTrouble(home, replays, record, rules);
  return { replays, asks: true, comparisons: pairedTruths(replays, rules), answers };
}

/** A champion beside its predecessor: nothing but the same requests tells them apart from what both stand on. */
export async function replayedChampion(
  home: Pick<Home, 'data' | 'artifacts' | 'metrics'>,
  { model, champion, predecessor, at, since }: Takeover,
  { rules, record, now }: ReplayedOptions & { readonly now: Date },
): Promise<WhatReplayShows> {
  if (!asksAgain(record)) return NOTHING;
  const from = at <= now ? at : new Date(now.getTime() - HOUR_MS);
  const replays = await readReplays(home, {
    model,
    suspect: champion,
    reference: predecessor,
    from,
    to: now,
    // Shares change while challengers come and go.
    isOfStretch: (each) => each >= since,
  });
  const of = { model, version: champion, predecessor, at: from };
  const [failures, slow, answers] = await Promise.all([
    operationPairs(home, replays, { of, kind: 'failures', rules, window: { from, to: now } }),
    operationPairs(home, replays, { of, kind: 'slow', rules, window: { from, to: now } }),
    answerTrouble(home, replays, record, rules),
  ]);
  return { replays, asks: true, comparisons: [...failures, ...slow, ...pairedTruths(replays, rules)], answers };
}

const HOUR_MS = 3_600_000;
/** How long before a release its predecessor's answers say what is usual. */
const BEFORE_MS = 24 * HOUR_MS;
const NOTHING: WhatReplayShows = { replays: [], asks: false, comparisons: [], answers: [] };

const asksAgain = (record: ModelVersion | undefined): record is ModelVersion =>
  record !== undefined && replayabilityOf(record).replayable;

interface OperationPairsOptions {
  readonly of: Pick<Takeover, 'model' | 'predecessor' | 'at'> & { readonly version: number };
  readonly kind: ReplayedKind;
  readonly rules: JudgeRules;
  readonly window: Window;
}

/** Bad answers of a champion that its predecessor would not have given, as a share of all of its answers. */
async function operationPairs(
  home: Pick<Home, 'metrics'>,
  replays: readonly ReplayTally[],
  { of, kind, rules, window }: OperationPairsOptions,
): Promise<PairedComparison[]> {
  const pairs = replays.reduce((sum, tally) => addPairs(sum, tally[kind]), NO_PAIRS);
  if (pairs.n === 0) return [];
  const rate =
    kind === 'failures'
      ? { metric: 'Failure' as const, bad: 'Sum' }
      : { metric: 'Latency' as const, bad: `TC(${rules.slowMs}:)` };
  const total = async (version: number, over: typeof window): Promise<Counts> =>
    [...(await periodCounts(home, { model: of.model, version }, rate, over)).values()].reduce(addCounts, NO_COUNTS);
  const [suspect, reference, lately] = await Promise.all([
    total(of.version, window),
    total(of.predecessor, { from: new Date(of.at.getTime() - BEFORE_MS), to: of.at }),
    latelyOf(replays, { kind, window, total: (recent) => total(of.version, recent) }),
  ]);
  const metric = kind === 'failures' ? 'failures, asked again' : `answers slower than ${rules.slowMs} ms, asked again`;
  return [
    {
      metric,
      kind: kind === 'failures' ? 'failure' : 'slow',
      margin: operationMargin(rules),
      holdsStep: false,
      pairs,
      trials: trialsOf(pairs, suspect),
      rates: { suspect, reference },
      lately,
    },
  ];
}

/** So many answers have given the bad ones that were asked again. */
const trialsOf = ({ n: asked }: PairedCounts, { n, bad }: Counts): number =>
  bad === 0 ? asked : Math.max(asked, (n * asked) / bad);

/** Hours before this one that recent time has; the shortest that holds most of the suspect's own. */
const RECENT_HOURS = [0, 1, 6, 24];
/** So much of it is most, so that a few that happen to be near each other do not look like many. */
const MOST_OF_IT = 0.5;

interface LatelyOptions {
  readonly kind: ReplayedKind;
  readonly window: Window;
  readonly total: (recent: Window) => Promise<Counts>;
}

/** Undefined where that is all the time since the release. */
async function latelyOf(
  replays: readonly ReplayTally[],
  { kind, window: { from, to }, total }: LatelyOptions,
): Promise<Lately | undefined> {
  const sumSince = (at: Date): PairedCounts =>
    replays
      .filter(({ hour }) => hour >= hourOf(at.toISOString()))
      .reduce((sum, tally) => addPairs(sum, tally[kind]), NO_PAIRS);
  const all = sumSince(from);
  const begins = RECENT_HOURS.map((hours) => new Date((Math.floor(to.getTime() / HOUR_MS) - hours) * HOUR_MS));
  const begin = begins.find((at) => at > from && sumSince(at).suspectOnly >= MOST_OF_IT * all.suspectOnly);
  if (begin === undefined || all.suspectOnly === 0) return undefined;
  const [pairs, suspect] = [sumSince(begin), await total({ from: begin, to })];
  return { pairs, suspect, trials: trialsOf(pairs, suspect), choices: RECENT_HOURS.length };
}
