import type { ReleaseState } from '../registry/ledger.ts';
import { championShare, route } from '../serving/route.ts';
import type { Variant } from '../serving/variant.ts';
import type { SegmentBehaviour, VersionBehaviour } from './behaviour.ts';
import { drawFeature, type FeatureCounts } from './features.ts';
import { drawLatencies, type LatencyCounts } from './latencies.ts';
import { type OutcomeTable, outcomeProbabilities } from './outcomes.ts';
import { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import type { Burst } from './traffic.ts';
import { valueAt } from './varying.ts';
import { resolvedVersions } from './versions.ts';

/** A piece of time, whole seconds since time 0, `to` exclusive. */
export interface Piece {
  readonly from: number;
  readonly to: number;
}

/** A version's part in a release, and of its traffic. */
export interface RoutedShare {
  readonly version: number;
  readonly variant: Variant;
  readonly share: number;
}

/** What a version did in a piece of time. */
export interface ServedTraffic {
  readonly requests: number;
  /** Failed inside (5xx). */
  readonly failed: number;
  /** Refused for breaking the contract (400): they never reached the model. */
  readonly invalid: number;
  /** Answered with violations that were mended or let pass. */
  readonly violations: number;
  /** Rows answered. */
  readonly rows: number;
  /** Of the rows answered, by segment; `''` is what is in none. */
  readonly outcomes: ReadonlyMap<string, OutcomeTable>;
}

/** Requests that come on top of the rest. */
export interface BurstTraffic {
  readonly version: number;
  readonly variant: Variant;
  readonly requests: number;
  readonly burst: Burst;
}

/** Streams of draws: each has its own place, so that asking for one does not change another. */
const STREAM = {
  arrivals: 1,
  seconds: 2,
  routing: 3,
  outcomes: 4,
  latency: 5,
  features: 6,
  burst: 7,
};

/** What regular arrivals are counted from: before everything that is simulated. */
const LONG_AGO = 100_000_000;

type Routing = Pick<ReleaseState, 'champion' | 'challengers' | 'salt' | 'shadow'>;

/**
 * What a scenario's traffic comes to, with the chances of one seed: counts for any piece of time, drawn when they are
 * asked for. The same question has the same answer, whatever else was asked before.
 */
export class TrafficModel {
  readonly versions: readonly VersionBehaviour[];
  readonly #random: Random;
  readonly #segments: readonly (readonly [name: string, share: number])[];
  readonly #probabilities = new Map<string, { at: number; table: OutcomeTable }>();
  #routed: { readonly state: Routing; readonly shares: readonly RoutedShare[] } | undefined;

  /** @param resolution seconds of the pieces that arrivals are drawn for */
  constructor(
    readonly scenario: Scenario,
    readonly seed: number,
    readonly resolution: number,
  ) {
    this.#random = new Random(seed);
    this.versions = resolvedVersions(scenario);
    const segments = Object.entries(scenario.traffic.segments);
    const rest = 1 - segments.reduce((sum, [, share]) => sum + share, 0);
    this.#segments = rest > 1e-9 ? [...segments, ['', rest]] : segments;
  }

  /** Requests that arrive in a piece of time; those of its parts add up to it. */
  arrivals({ from, to }: Piece): number {
    let sum = 0;
    for (let start = Math.floor(from / this.resolution) * this.resolution; start < to; start += this.resolution) {
      const whole = this.#arrivalsOf(start);
      const end = start + this.resolution;
      if (start >= from && end <= to) sum += whole;
      else if (whole > 0)
        sum += this.#arrivalsWithin(start, whole, { from: Math.max(from, start), to: Math.min(to, end) });
    }
    return sum;
  }

  /** Who gets which share of the traffic. Callers with routing keys stick to a version, as the endpoint routes them. */
  shares(state: Routing): readonly RoutedShare[] {
    if (this.#routed?.state === state) return this.#routed.shares;
    const shares = this.#sharesOf(state);
    this.#routed = { state, shares };
    return shares;
  }

  /** How many of the requests of a piece each gets, in the order of `shares`. */
  routed(piece: Piece, requests: number, shares: readonly RoutedShare[]): number[] {
    if (shares.length === 1) return [requests];
    if (this.scenario.traffic.arrivals === 'regular') {
      const [, ...others] = shares.map(({ share }) => this.#regular(piece, share));
      return [Math.max(0, requests - others.reduce((sum, count) => sum + count, 0)), ...others];
    }
    return this.#random.at(STREAM.routing, piece.from).multinomial(
      requests,
      shares.map(({ share }) => share),
    );
  }

  /** What becomes of requests that a version (number) gets in a piece of time. */
  serve(version: number, { from, to }: Piece, requests: number): ServedTraffic {
    const { everywhere, traffic } = this.scenario;
    const t = (from + to) / 2;
    const random = this.#random.at(STREAM.outcomes, from, version);
    const invalid = random.binomial(requests, valueAt(everywhere.invalid, t));
    const reached = requests - invalid;
    const outcomes = new Map<string, OutcomeTable>();
    let [failed, rows] = [0, 0];
    const parts =
      this.#segments.length === 1
        ? [reached]
        : random.multinomial(
            reached,
            this.#segments.map((s) => s[1]),
          );
    for (const [i, [name]] of this.#segments.entries()) {
      const part = parts[i]!;
      const fails = random.binomial(part, this.#failureShare(version, name, t));
      const answered = (part - fails) * traffic.rows;
      failed += fails;
      rows += answered;
      const { classes, cells } = this.outcomeTable(version, name, t);
      outcomes.set(name, { classes, cells: random.multinomial(answered, cells) });
    }
    const violations = random.binomial(reached - failed, valueAt(everywhere.violations, t));
    return { requests, failed, invalid, violations, rows, outcomes };
  }

  /**
   * How long a version's requests took.
   *
   * @param burst which of the bursts of a piece they came in, from 1; each has times of its own
   */
  latencies(version: number, { from, to }: Piece, requests: number, burst = 0): LatencyCounts {
    const t = (from + to) / 2;
    const { medianMs = 20, spread = 0.3, slow = 0, slowMs = 1_000 } = this.versions[version - 1]!.latency ?? {};
    const factor = valueAt(this.scenario.everywhere.latencyFactor, t);
    return drawLatencies(this.#random.at(STREAM.latency, from, version, ...(burst > 0 ? [burst] : [])), requests, {
      median: valueAt(medianMs, t) * factor,
      spread,
      slow: valueAt(slow, t),
      slowMs: slowMs * factor,
    });
  }

  /** What rows that a version (number) gets in a piece of time have in each feature. */
  features(version: number, { from, to }: Piece, rows: number): Record<string, FeatureCounts> {
    const random = this.#random.at(STREAM.features, from, version);
    const t = (from + to) / 2;
    return Object.fromEntries(
      Object.entries(this.scenario.traffic.features).map(([name, feature]) => [
        name,
        drawFeature(random, rows, { missing: valueAt(feature.missing, t), shift: valueAt(feature.shift, t) }),
      ]),
    );
  }

  /** Bursts that come in a piece of time, and who gets them. */
  bursts({ from, to }: Piece, state: Routing): BurstTraffic[] {
    return this.scenario.traffic.bursts.flatMap((burst, i) =>
      momentsOf(burst, from, to).flatMap((at) => this.#burst(burst, i, at, state)),
    );
  }

  /** Probabilities of a row's outcomes with a version, in a segment (`''`: none of them). */
  outcomeTable(version: number, segment: string, t: number): OutcomeTable {
    const key = `${version} ${segment}`;
    const known = this.#probabilities.get(key);
    if (known && (known.at === t || this.#constant)) return known.table;
    const table = outcomeProbabilities(this.scenario, this.versions[version - 1]!, this.#segment(version, segment), t);
    this.#probabilities.set(key, { at: t, table });
    return table;
  }

  /** Whether outcomes have the same probabilities at all times. */
  get #constant(): boolean {
    this.#isConstant ??= !JSON.stringify([
      this.versions,
      this.scenario.everywhere,
      this.scenario.traffic.positives,
    ]).includes('"from":');
    return this.#isConstant;
  }
  #isConstant: boolean | undefined;

  #arrivalsOf(start: number): number {
    if (this.scenario.traffic.arrivals === 'regular')
      return this.#regular({ from: start, to: start + this.resolution });
    const mean = this.#rateAt(start + this.resolution / 2) * this.resolution;
    return this.#random.at(STREAM.arrivals, start).poisson(mean);
  }

  /** Requests of a part of a piece of which it is known how many came in all. */
  #arrivalsWithin(start: number, whole: number, { from, to }: Piece): number {
    if (this.scenario.traffic.arrivals === 'regular') return this.#regular({ from, to });
    const seconds = new Array<number>(this.resolution).fill(1 / this.resolution);
    const spread = this.#random.at(STREAM.seconds, start).multinomial(whole, seconds);
    let sum = 0;
    for (let t = from; t < to; t++) sum += spread[t - start]!;
    return sum;
  }

  /** Requests a second. */
  #rateAt(t: number): number {
    const { rate, daily } = this.scenario.traffic;
    const hour = ((Math.floor(t / 3_600) % 24) + 24) % 24;
    return valueAt(rate, t) * (daily?.[hour] ?? 1);
  }

  /** Requests that come evenly, or such a share of them: every so many-th. */
  #regular({ from, to }: Piece, share = 1): number {
    const rate = this.#rateAt((from + to) / 2);
    const before = (t: number): number => Math.floor(share * Math.floor(rate * (t + LONG_AGO) + 1e-6) + 1e-6);
    return before(to) - before(from);
  }

  #sharesOf(state: Routing): RoutedShare[] {
    const { champion, challengers } = state;
    if (champion === null) return [];
    const { callers } = this.scenario.traffic;
    const routes = [
      { version: champion, variant: 'champion' as const, share: championShare(challengers) },
      ...challengers.map(({ version, weight }) => ({ version, variant: 'challenger' as const, share: weight })),
    ];
    if (callers === undefined) return routes;
    const counts = new Map<number, number>();
    for (let i = 0; i < callers.count; i++) {
      const { version } = this.#route(state, `caller-${i}`)!;
      counts.set(version, (counts.get(version) ?? 0) + 1);
    }
    return routes.map((each) => ({ ...each, share: (counts.get(each.version) ?? 0) / callers.count }));
  }

  /** Callers' keys differ by seed, so that they do not always fall on the same versions. */
  #route(state: Routing, key: string) {
    return route(this.scenario.model.name, state, `${this.seed}-${key}`);
  }

  #burst(burst: Burst, index: number, at: number, state: Routing): BurstTraffic[] {
    const number = (name: string): number => this.versions.findIndex((each) => each.name === name) + 1;
    const shares = this.shares(state);
    const variantOf = (version: number): Variant =>
      shares.find((each) => each.version === version)?.variant ?? 'champion';
    const all = (version: number): BurstTraffic[] => [
      { version, variant: variantOf(version), requests: burst.requests, burst },
    ];
    if (shares.length === 0) return [];
    if (burst.to !== undefined) {
      const wanted = number(burst.to);
      // A key leads to whoever has the traffic; a name in the path always to its version.
      return all(burst.named || shares.some(({ version }) => version === wanted) ? wanted : state.champion!);
    }
    const counts = this.#random.at(STREAM.burst, at, index).multinomial(
      burst.requests,
      shares.map(({ share }) => share),
    );
    return shares.flatMap(({ version, variant }, i) =>
      counts[i]! > 0 ? [{ version, variant, requests: counts[i]!, burst }] : [],
    );
  }

  #segment(version: number, segment: string): SegmentBehaviour {
    const { segments = {} } = this.versions[version - 1]!;
    return Object.hasOwn(segments, segment) ? segments[segment]! : {};
  }

  #failureShare(version: number, segment: string, t: number): number {
    const own = valueAt(this.#segment(version, segment).failures ?? this.versions[version - 1]!.failures ?? 0, t);
    const all = valueAt(this.scenario.everywhere.failures, t);
    return 1 - (1 - own) * (1 - all);
  }
}

/** Moments of a burst in a piece of time. */
function momentsOf({ at, every, until }: Burst, from: number, to: number): number[] {
  if (every === undefined) return at >= from && at < to ? [at] : [];
  const moments: number[] = [];
  const end = Math.min(to, until ?? Number.POSITIVE_INFINITY);
  for (let t = at + Math.max(0, Math.ceil((from - at) / every)) * every; t < end; t += every) moments.push(t);
  return moments;
}
