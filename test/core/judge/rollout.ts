import { judge } from '../../../core/judge/judge.ts';
import type { JudgedKind, JudgeRules } from '../../../core/judge/rules.ts';
import { Random } from '../../../core/simulation/random.ts';

export const RULES: JudgeRules = {
  takeBackLevel: 0.005,
  stepLevel: 0.05,
  margin: { first: 1, last: 0.1 },
  operationFloor: { first: 0.05, last: 0.005 },
  quality: [],
  minClassShare: 0.02,
  slowMs: 500,
  patienceSeconds: 86_400,
  youngDays: 7,
  needsTruth: 'no',
};

export const marginOf = (kind: JudgedKind) => ({ relative: 0.1, floor: kind === 'truth' ? 0.001 : 0.005 });

/** A rate of both versions; that of a moment where it changes. */
export interface SimulatedRate {
  readonly kind: JudgedKind;
  readonly champion: number | ((t: number) => number);
  readonly canary: number | ((t: number) => number);
  /** Share of the requests that it is of. @default 1 */
  readonly of?: number;
  readonly segment?: string;
}

export interface SimulatedRollout {
  readonly seed: number;
  /** Requests a second. */
  readonly rps: number;
  readonly rates: readonly SimulatedRate[];
  readonly hours: number;
  readonly shares?: readonly number[];
}

/** Plays a rollout that is judged every minute, with steps of ten minutes at least. */
export function playRollout({ seed, rps, rates, hours, shares = [0.05, 0.25, 0.5] }: SimulatedRollout) {
  const random = new Random(seed);
  const empty = () => ({
    share: shares[gate]!,
    suspect: { n: 0, bad: 0 },
    reference: { n: 0, bad: 0 },
  });
  let [gate, since] = [0, 0];
  const strata = rates.map(() => [empty()]);
  for (let t = 60; t <= hours * 3_600; t += 60) {
    for (const [i, { champion, canary, of = 1 }] of rates.entries()) {
      const draw = random.at(i, t);
      const n = draw.poisson(60 * rps * of);
      const own = draw.binomial(n, shares[gate]!);
      const at = (rate: SimulatedRate['champion']): number => (typeof rate === 'number' ? rate : rate(t));
      const { suspect, reference } = strata[i]!.at(-1)!;
      suspect.n += own;
      suspect.bad += draw.binomial(own, at(canary));
      reference.n += n - own;
      reference.bad += draw.binomial(n - own, at(champion));
    }
    const { action, reason, findings } = judge({
      version: 2,
      rules: RULES,
      comparisons: rates.map(({ kind, segment }, i) => ({
        metric: `${kind} ${i}`,
        kind,
        segment,
        margin: marginOf(kind),
        holdsStep: segment === undefined,
        strata: strata[i]!,
      })),
      step: {
        gate,
        gates: shares.length,
        heldSeconds: t - since,
        stepSeconds: 600,
        strata: strata.map((each) => [each.at(-1)!]),
      },
      waitsForTruth: false,
      trouble: [],
      isConcurrent: true,
      ageDays: 0,
      returnable: true,
    });
    if (action === 'take-back') {
      const bad = strata.map((each) => each.reduce((sum, { suspect }) => sum + suspect.bad, 0));
      return { outcome: 'taken-back' as const, seconds: t, reason, bad, findings };
    }
    if (action !== 'advance') continue;
    gate++;
    since = t;
    if (gate === shares.length) return { outcome: 'promoted' as const, seconds: t, reason, bad: [], findings };
    for (const each of strata) each.push(empty());
  }
  return { outcome: 'waiting' as const, seconds: Number.POSITIVE_INFINITY, reason: '', bad: [], findings: [] };
}

/** Plays many, and says how often each outcome came, and when at the latest in so many of them. */
export function playMany(runs: number, rollout: Omit<SimulatedRollout, 'seed'>) {
  const played = Array.from({ length: runs }, (_, i) => playRollout({ ...rollout, seed: i + 1 }));
  const share = (outcome: string): number => played.filter((each) => each.outcome === outcome).length / runs;
  const seconds = played.map((each) => each.seconds).sort((a, b) => a - b);
  const by = (part: number): number => seconds[Math.ceil(part * runs) - 1]!;
  return {
    played,
    takenBack: share('taken-back'),
    promoted: share('promoted'),
    median: by(0.5),
    p80: by(0.8),
    p90: by(0.9),
  };
}
