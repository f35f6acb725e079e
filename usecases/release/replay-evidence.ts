import type { AnswerTrouble } from '../../core/judge/answers.ts';
import { type ComparedAnswers, oddAnswers } from '../../core/judge/answers.ts';
import type { AskedAgain } from '../../core/judge/comparison.ts';
import { type JudgedStratum, totalOf } from '../../core/judge/counts.ts';
import { addPairs, NO_PAIRS, type PairedCounts } from '../../core/judge/paired.ts';
import type { JudgeRules } from '../../core/judge/rules.ts';
import { type Hour, hourOf } from '../../core/quality/hour-tallies.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import { ReplayTally, replaysPrefix } from '../../core/replay/replay-tally.ts';
import type { Home } from '../../platform/ports.ts';
import { parseStored } from '../quality/stored-object.ts';
import { sideBySideOf } from '../registry/load-side-by-side.ts';

/** Of which version what asking again made known is read, and about which requests. */
export interface ReplaysQuery {
  readonly model: string;
  readonly suspect: number;
  readonly reference: number;
  /** Hours of requests, as far as they reach into the window. */
  readonly from: Date;
  readonly to: Date;
  /** Whether requests at those shares of the traffic are part of it. */
  readonly isOfStretch: (since: string) => boolean;
}

/** Tallies of replay that say something of a suspect beside the version that it is held against. */
export async function readReplays(
  { data }: Pick<Home, 'data'>,
  { model, suspect, reference, from, to, isOfStretch }: ReplaysQuery,
): Promise<ReplayTally[]> {
  const prefix = replaysPrefix(model);
  const found: ReplayTally[] = [];
  for await (const { key } of data.list(prefix, { after: `${prefix}${hourOf(from.toISOString())}` })) {
    const [hour = '', version] = key.slice(prefix.length).split('/');
    if (`${hour}:00:00.000Z` >= to.toISOString()) break;
    if (Number(version) !== suspect) continue;
    const tally = parseStored(ReplayTally, key, await data.get(key));
    if (tally.reference === reference && isOfStretch(tally.since)) found.push(tally);
  }
  return found;
}

/** What of a suspect's bad answers asking again is about. */
export type ReplayedKind = 'failures' | 'slow';

/** Bad answers that are asked again are the suspect's until it is known better from this age on. */
export const ASKING_MS = 120_000;

/** A request that every version is bad at is to blame, unless most are: then it is what all of them stand on. */
export const MOST = 0.5;

/** A stratum, and the bad answers in it that are too young to have been asked again. */
export interface YoungStratum extends JudgedStratum {
  readonly since: string;
  readonly hour: Hour;
  readonly young: number;
}

/**
 * Which of a suspect's bad answers are its own: all but those that the reference gives as well when it is asked the same,
 * in the share that asking again found of them. What nobody repeats stays the suspect's: which of the versions a passing
 * fault meets is chance, and the reference's are counted alike.
 *
 * @param asks whether the suspect's requests are asked again
 */
export function ownOf(
  tallies: readonly ReplayTally[],
  strata: readonly YoungStratum[],
  kind: ReplayedKind,
  asks: boolean,
): AskedAgain | undefined {
  const sum = tallies.reduce((all, tally) => addPairs(all, tally[kind]), NO_PAIRS);
  const { n, bad: all } = totalOf(strata).suspect;
  // Where most answers are bad, no few requests are to blame: that is not waited for.
  const waits = asks && all < MOST * n && strata.some(({ young }) => young > 0);
  if (sum.n === 0 && !waits) return undefined;
  const own = strata.map(({ suspect, young, ...stratum }) => {
    const pairs = tallies
      .filter(({ since, hour }) => since === stratum.since && hour === stratum.hour)
      .reduce((all, tally) => addPairs(all, tally[kind]), NO_PAIRS);
    const bad = pairs.n === 0 ? suspect.bad - (waits ? young : 0) : suspect.bad * ownShare(pairs);
    return { ...stratum, suspect: { ...suspect, bad } };
  });
  if (sum.n === 0) return { own, cause: null, sentence: `${REPLAYED_NAMES[kind]} are asked again of both versions` };
  return { own, ...othersOf(sum, kind, all / n) };
}

export const REPLAYED_NAMES: Readonly<Record<ReplayedKind, string>> = { failures: 'failures', slow: 'slow answers' };
const DOES: Readonly<Record<ReplayedKind, string>> = { failures: 'fails', slow: 'is slow' };

/** Share of the suspect's bad answers that the reference does not give. */
const ownShare = ({ n, both, referenceOnly }: PairedCounts): number => (n - both - referenceOnly) / n;

function othersOf({ n, both, referenceOnly }: PairedCounts, kind: ReplayedKind, share: number) {
  const isOfRequests = both >= MOST * n && share < MOST;
  const sentence = `asked again about ${n} of the requests, the version that it is held against ${DOES[kind]} as well at ${both + referenceOnly}`;
  return isOfRequests
    ? { cause: 'data' as const, sentence: `${sentence}: it is those requests` }
    : { cause: 'infrastructure' as const, sentence: `${sentence}: it is what both stand on` };
}

/** What is odd about a version's answers, beside what it and the reference said when it was registered. */
export async function answerTrouble(
  home: Pick<Home, 'artifacts'>,
  tallies: readonly ReplayTally[],
  record: ModelVersion,
  rules: JudgeRules,
): Promise<AnswerTrouble[]> {
  const [reference] = tallies.map((tally) => tally.reference);
  const answers = sumOfAnswers(tallies);
  if (answers === undefined) return [];
  const then = await sideBySideOf(home, record);
  return oddAnswers(answers, then?.champion === reference ? then : undefined, rules);
}

/** Hours together: distinct rows and answers are those of the hour that has most, correlations their mean. */
function sumOfAnswers(tallies: readonly ReplayTally[]): ComparedAnswers | undefined {
  const answers = tallies.map((tally) => tally.answers).filter(({ n }) => n > 0);
  if (answers.length === 0) return undefined;
  const total = (of: (each: ComparedAnswers) => number): number => answers.reduce((sum, each) => sum + of(each), 0);
  const most = (of: (each: ComparedAnswers) => number): number => Math.max(...answers.map(of));
  const scored = answers.flatMap(({ referenceDistinct }) => referenceDistinct ?? []);
  const ranked = answers.filter(({ rankCorrelation }) => rankCorrelation !== null);
  const rows = ranked.reduce((sum, { n }) => sum + n, 0);
  return {
    n: total(({ n }) => n),
    disagree: total(({ disagree }) => disagree),
    notFinite: total((each) => each.notFinite),
    distinctInputs: most((each) => each.distinctInputs),
    distinctAnswers: most((each) => each.distinctAnswers),
    referenceNotFinite: total((each) => each.referenceNotFinite),
    referenceDistinct: scored.length === 0 ? null : Math.max(...scored),
    rankCorrelation: rows === 0 ? null : ranked.reduce((sum, each) => sum + each.n * each.rankCorrelation!, 0) / rows,
  };
}
