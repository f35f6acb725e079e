import { answerDifference, NO_ANSWERS } from '../../core/replay/answers.ts';
import type { ReplayTally } from '../../core/replay/replay-tally.ts';
import { pairsOf, truthPairs } from '../../core/replay/truth-pairs.ts';
import type { AskedHour } from './ask-hour.ts';
import { decidingOf } from './ask-hour.ts';
import type { HourRequests } from './hour-requests.ts';
import type { Suspect } from './suspects.ts';

export interface AskedRequests {
  readonly suspect: Suspect;
  readonly requests: HourRequests;
  /** Undefined where nothing can be asked. */
  readonly asked: AskedHour | undefined;
}

type Making = Pick<ReplayTally, 'hour'> & {
  readonly made: Omit<NonNullable<ReplayTally['made']>, 'requests' | 'rows'>;
};

const NOTHING: AskedHour = { failures: [], slow: [], answers: [], truth: [], rows: 0, cut: false };

/** Tallies of one hour, one for each stretch in which the shares were the same. */
export function talliesOf({ suspect, requests, asked = NOTHING }: AskedRequests, making: Making): ReplayTally[] {
  const stretches = [...new Set(requests.requests)].sort();
  return stretches.map((since) => {
    const own = <T extends { readonly since: string }>(all: readonly T[]): T[] =>
      all.filter((each) => each.since === since);
    const count = (all: readonly string[]): number => all.filter((each) => each === since).length;
    const parts = {
      failures: own(asked.failures),
      slow: own(asked.slow),
      answers: own(asked.answers),
      truth: own(asked.truth),
    };
    const sides = [decidingOf(suspect.record), decidingOf(suspect.reference)] as const;
    const comparable = sides[0] !== undefined && sides[1] !== undefined;
    return {
      schemaVersion: 1,
      model: suspect.model,
      suspect: suspect.record.version,
      reference: suspect.reference.version,
      since,
      hour: making.hour,
      asked: new Set(Object.values(parts).flatMap((all) => all.map(({ request }) => request))).size,
      notReplayable: count(requests.notReplayable),
      failures: pairsOf(parts.failures),
      slow: pairsOf(parts.slow),
      answers:
        comparable && parts.answers.length > 0 ? answerDifference(sides[0]!, sides[1]!, parts.answers) : NO_ANSWERS,
      truth: comparable ? truthPairs(sides[0]!, sides[1]!, parts.truth) : [],
      made: {
        ...making.made,
        requests: count(requests.requests),
        rows: parts.answers.length,
      },
    };
  });
}
