import { hourOf } from '../../core/quality/hour-tallies.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { ReplayTally } from '../../core/replay/replay-tally.ts';
import { type LatencyCounts, latenciesAbove } from '../../core/simulation/latencies.ts';
import { normalCdf } from '../../core/simulation/normal.ts';
import { Random } from '../../core/simulation/random.ts';
import {
  askAgain,
  disagreementByChance,
  either,
  likenessOf,
  noReplayedPairs,
  pairTruths,
  type ReplayedPairs,
} from '../../core/simulation/replayed.ts';
import type { Piece, ServedTraffic, TrafficModel } from '../../core/simulation/traffic-model.ts';
import { valueAt } from '../../core/simulation/varying.ts';
import type { PendingTruth } from './pending-truths.ts';

/** The place of these draws, apart from all others. */
const STREAM = 211;
/** Distinct rows and answers are counted up to this. */
const MOST_DISTINCT = 1_000;

/** What a version did, that is asked again once it is old enough. */
interface Served {
  readonly version: number;
  readonly reference: number;
  readonly since: string;
  readonly piece: Piece;
  readonly traffic: ServedTraffic;
  readonly latencies: LatencyCounts;
  /** Failures that every version would have. */
  readonly ofRequests: number;
}

/** What one hour and stretch of a version came to; counts as a tally has them. */
interface Replayed {
  readonly suspect: number;
  readonly reference: number;
  readonly since: string;
  readonly hour: string;
  asked: number;
  notReplayable: number;
  readonly failures: ReplayedPairs;
  readonly slow: ReplayedPairs;
  readonly answers: { n: number; disagree: number };
  readonly truth: Map<string, { metric: string; className: string | null; pairs: ReplayedPairs }>;
}

/** Asks the judged version and the one that it is held against again, as the function that replays captures does. */
export class SimulatedReplays {
  readonly #random: Random;
  #waiting: Served[] = [];
  readonly #known = new Map<string, Replayed>();
  #changed = new Set<Replayed>();

  constructor(
    private readonly model: TrafficModel,
    private readonly isoOf: (t: number) => string,
  ) {
    this.#random = new Random(model.seed);
  }

  /** A version answered, and whoever it is held against is asked the same later. */
  served(
    version: number,
    state: ReleaseState,
    rest: Pick<Served, 'piece' | 'traffic' | 'latencies'> & { readonly ofRequests?: number },
  ): void {
    const reference = version === state.champion ? state.previous.at(-1) : state.champion;
    if (this.model.scenario.replay === undefined || reference === undefined || reference === null) return;
    this.#waiting.push({ version, reference, since: state.since ?? '', ofRequests: 0, ...rest });
  }

  /** Truths of decisions that were asked again. */
  judged({ route: { version }, since, predictedAt, outcomes }: PendingTruth): void {
    const known = this.#known.get(keyOf(version, since, hourOf(this.isoOf(predictedAt))));
    if (known === undefined) return;
    const random = this.#random.at(STREAM, predictedAt, version, 1);
    for (const [segment, { classes, cells }] of outcomes)
      this.#pair(known, random, { segment, classes, cells, predictedAt });
    this.#changed.add(known);
  }

  /** Tallies that more became known of by now, since the last call. */
  changed(now: number): ReplayTally[] {
    const { replay } = this.model.scenario;
    if (replay === undefined) return [];
    const due = this.#waiting.filter(({ piece }) => piece.to + replay.delay <= now);
    this.#waiting = this.#waiting.filter(({ piece }) => piece.to + replay.delay > now);
    for (const each of due) this.#ask(each, now, replay.share);
    const changed = [...this.#changed];
    this.#changed = new Set();
    return changed.map((each) => this.#tallyOf(each));
  }

  #ask(served: Served, now: number, share: number): void {
    const { version, reference, since, piece, traffic, latencies, ofRequests } = served;
    const random = this.#random.at(STREAM, piece.from, version, ofRequests);
    const known = this.#of({ suspect: version, reference, since, hour: hourOf(this.isoOf(piece.from)) });
    const reached = traffic.requests - traffic.invalid;
    const asked = random.binomial(reached, share);
    known.asked += asked;
    known.notReplayable += reached - asked;
    const { failsAgain = 1 } = this.model.versions[version - 1]!;
    const shared = valueAt(this.model.scenario.everywhere.failures, now);

    // Of what failed: requests that fail everywhere, faults of its own, and what every version stands on.
    askAgain(known.failures, random, random.binomial(ofRequests, share), { suspect: 1, reference: 1 });
    const [own, all] = [
      this.#ownFailures(version, piece.from),
      valueAt(this.model.scenario.everywhere.failures, piece.from),
    ];
    const failed = random.binomial(traffic.failed - ofRequests, share);
    const ofVersion = random.binomial(failed, own + all === 0 ? 1 : own / either(own, all));
    const others = either(this.#ownFailures(reference, now), shared);
    askAgain(known.failures, random, ofVersion, { suspect: either(failsAgain, shared), reference: others });
    askAgain(known.failures, random, failed - ofVersion, {
      suspect: either(this.#ownFailures(version, now), shared),
      reference: others,
    });

    this.#slow(known, random, random.binomial(latenciesAbove(latencies, this.#limit), share), {
      version,
      reference,
      now,
      piece,
    });
    this.#answers(known, random, random.binomial(traffic.rows, share), piece);
    this.#changed.add(known);
  }

  get #limit(): number {
    return this.model.scenario.model.monitoring.maxLatencyMs;
  }

  #slow(
    { slow }: Replayed,
    random: Random,
    count: number,
    { version, reference, now, piece }: { version: number; reference: number; now: number; piece: Piece },
  ): void {
    const { failsAgain = 1 } = this.model.versions[version - 1]!;
    const then = this.#slowShares(version, piece.from);
    const again = this.#slowShares(version, now);
    const [a, b] = [this.#slowShares(reference, now), then.tail + then.body];
    const others = either(a.body, a.tail);
    const ofVersion = random.binomial(count, b === 0 ? 1 : then.tail / b);
    askAgain(slow, random, ofVersion, { suspect: either(failsAgain, again.body), reference: others });
    askAgain(slow, random, count - ofVersion, { suspect: either(again.body, again.tail), reference: others });
  }

  /** Chances that an answer is above the limit: as its times usually are, and as one of those that take much longer. */
  #slowShares(version: number, t: number): { body: number; tail: number } {
    const { medianMs = 20, spread = 0.3, slow = 0, slowMs = 1_000 } = this.model.versions[version - 1]!.latency ?? {};
    const factor = valueAt(this.model.scenario.everywhere.latencyFactor, t);
    const above = Math.log(this.#limit / (valueAt(medianMs, t) * factor)) / Math.max(1e-9, spread);
    const tail = slowMs * factor > this.#limit ? valueAt(slow, t) : 0;
    return { body: (1 - tail) * (1 - normalCdf(above)), tail };
  }

  #answers({ answers, suspect, reference }: Replayed, random: Random, rows: number, { from }: Piece): void {
    const fault = this.model.versions[suspect - 1]!.answers;
    const tables = [suspect, reference].map((version) => this.model.outcomeTable(version, '', from)) as [never, never];
    const { disagreement } = likenessOf(this.model.versions, suspect, reference);
    const apart = fault === undefined ? disagreement : disagreementByChance(...tables);
    answers.n += rows;
    answers.disagree += fault === 'not-a-number' ? rows : random.binomial(rows, apart);
  }

  #pair(
    { suspect, reference, truth }: Replayed,
    random: Random,
    {
      segment,
      classes,
      cells,
      predictedAt,
    }: { segment: string; classes: number; cells: readonly number[]; predictedAt: number },
  ): void {
    const { task } = this.model.scenario.model;
    const [own, other] = [suspect, reference].map((version) => this.model.outcomeTable(version, segment, predictedAt));
    const { disagreement } = likenessOf(this.model.versions, suspect, reference);
    for (let of = 0; of < classes; of++) {
      const wrongIn = (table: readonly number[]): { n: number; wrong: number } => {
        const n = table.slice(of * classes, (of + 1) * classes).reduce((sum, count) => sum + count, 0);
        return { n, wrong: n - table[of * classes + of]! };
      };
      const [rows, a, b] = [wrongIn(cells), wrongIn(own!.cells), wrongIn(other!.cells)];
      if (rows.n === 0) continue;
      const pairs = pairTruths(random, rows, { suspect: a.wrong / a.n, reference: b.wrong / b.n, disagreement });
      for (const [metric, className] of metricsOf(task, of)) {
        const key = `${metric} ${className ?? ''}`;
        const sum = truth.get(key) ?? { metric, className, pairs: noReplayedPairs() };
        truth.set(key, sum);
        for (const field of ['n', 'both', 'suspectOnly', 'referenceOnly'] as const) sum.pairs[field] += pairs[field];
      }
    }
  }

  #ownFailures(version: number, t: number): number {
    return valueAt(this.model.versions[version - 1]!.failures ?? 0, t);
  }

  #of(place: Pick<Replayed, 'suspect' | 'reference' | 'since' | 'hour'>): Replayed {
    const key = keyOf(place.suspect, place.since, place.hour);
    let known = this.#known.get(key);
    if (known === undefined) {
      known = {
        ...place,
        asked: 0,
        notReplayable: 0,
        failures: noReplayedPairs(),
        slow: noReplayedPairs(),
        answers: { n: 0, disagree: 0 },
        truth: new Map(),
      };
      this.#known.set(key, known);
    }
    return known;
  }

  #tallyOf({ truth, answers: { n, disagree }, ...known }: Replayed): ReplayTally {
    const fault = this.model.versions[known.suspect - 1]!.answers;
    const other = this.model.versions[known.reference - 1]!.answers;
    const distinct = Math.min(MOST_DISTINCT, n);
    const { rankCorrelation } = likenessOf(this.model.versions, known.suspect, known.reference);
    const ranked = fault === 'shuffled' ? 0 : rankCorrelation;
    return {
      ...known,
      schemaVersion: 1,
      model: this.model.scenario.model.name,
      answers: {
        n,
        disagree,
        notFinite: fault === 'not-a-number' ? n : 0,
        distinctInputs: distinct,
        distinctAnswers: fault === 'constant' ? Math.min(1, n) : distinct,
        referenceNotFinite: other === 'not-a-number' ? n : 0,
        referenceDistinct: other === 'constant' ? Math.min(1, n) : distinct,
        rankCorrelation: fault === 'constant' || fault === 'not-a-number' || n < 2 ? null : ranked,
      },
      truth: [...truth.values()],
    };
  }
}

const keyOf = (version: number, since: string, hour: string): string => `${version} ${since} ${hour}`;

/** What a row of a true class counts for. */
function metricsOf(
  task: 'binary' | 'multiclass' | 'regression',
  of: number,
): [metric: string, className: string | null][] {
  if (task === 'regression') return [['errorAboveP90', null]];
  if (task === 'multiclass')
    return [
      ['errorRate', null],
      ['recall', `class-${of}`],
    ];
  return [
    ['errorRate', null],
    [of === 1 ? 'recall' : 'specificity', null],
  ];
}
