import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { LatencyCounts } from '../../core/simulation/latencies.ts';
import { type OutcomeTable, wrongOf } from '../../core/simulation/outcomes.ts';
import type { VersionTotals } from '../../core/simulation/run.ts';
import type { Scenario } from '../../core/simulation/scenario.ts';
import type { BurstTraffic, Piece, ServedTraffic, TrafficModel } from '../../core/simulation/traffic-model.ts';
import { valueAt } from '../../core/simulation/varying.ts';
import { errorMetric } from '../ground-truth/emit-errors.ts';
import { MAX_PREDICTION_AGE_MS } from '../ground-truth/prediction-age.ts';
import { PendingTruths } from './pending-truths.ts';
import type { PublishedRoute, Publisher } from './publisher.ts';
import { SimulatedReplays } from './simulated-replays.ts';
import { SimulatedTallies } from './simulated-tallies.ts';
import { emptyTotals, tally } from './tally.ts';

/**
 * The endpoints of a simulation, and the callers who send truth: follows the release with the delays that endpoints
 * have, publishes what came of the traffic, and keeps count.
 */
export class SimulatedTraffic {
  readonly totals: VersionTotals[];
  servedAfterTakenBack = 0;
  readonly #truths: PendingTruths;
  readonly #tallies: SimulatedTallies;
  readonly #replays: SimulatedReplays;
  /** Bursts by version and hour whose rows count already. */
  readonly #repeated = new Set<string>();
  /** What endpoints serve by. */
  #served: ReleaseState | undefined;
  /** A release that busy endpoints have not read yet. */
  #next: { readonly state: ReleaseState; readonly at: number } | undefined;
  /** Idle environments that still have the release before. */
  #idle: { readonly state: ReleaseState; left: number } | undefined;

  constructor(
    private readonly scenario: Scenario,
    private readonly model: TrafficModel,
    private readonly publisher: Publisher,
    private readonly isoOf: (t: number) => string,
  ) {
    this.totals = model.versions.map(({ name }) => emptyTotals(name, scenario.model.task));
    this.#truths = new PendingTruths(scenario, model.seed);
    this.#tallies = new SimulatedTallies(scenario.model);
    this.#replays = new SimulatedReplays(model, isoOf);
  }

  /** What endpoints serve by now. */
  get served(): ReleaseState | undefined {
    return this.#served;
  }

  /** When endpoints take up the release that they have not read yet; seconds since time 0. */
  get switchesAt(): number | undefined {
    return this.#next?.at;
  }

  /** The ledger has a new state. */
  follow(state: ReleaseState, now: number): void {
    const { refresh } = this.scenario.serving;
    // What changes no traffic changes nothing for endpoints.
    if (this.#served?.since === state.since || refresh === 0 || this.#served === undefined) this.#serve(state);
    else this.#next = { state, at: this.#next?.at ?? now + refresh };
  }

  /** Endpoints take up what they were about to. */
  takeUp(now: number): void {
    if (this.#next && this.#next.at <= now) {
      this.#serve(this.#next.state);
      this.#next = undefined;
    }
  }

  /** Lets a piece of time pass. @param latest the ledger's state, by which versions are taken back */
  pass(piece: Piece, latest: ReleaseState): void {
    const state = this.#served;
    if (state === undefined || state.champion === null) return;
    let requests = this.model.arrivals(piece);
    const stale = this.#idle;
    if (stale && requests > 0) {
      const first = Math.min(requests, stale.left);
      stale.left -= first;
      requests -= first;
      if (stale.left === 0) this.#idle = undefined;
      this.#answer(piece, first, stale.state, latest);
    }
    this.#answer(piece, requests, state, latest);
    for (const [i, burst] of this.model.bursts(piece, state).entries()) this.#burst(piece, burst, state, i + 1);
  }

  /** Joins the truths that were sent by now, in one burst, as the scheduled function does. */
  async join(now: number, latest: ReleaseState): Promise<void> {
    const groups = new Map<string, Parameters<Publisher['judged']>>();
    for (const truth of this.#truths.takeSent(now)) {
      const { route, since, predictedAt, outcomes } = truth;
      if ((now - predictedAt) * 1_000 > MAX_PREDICTION_AGE_MS) continue;
      this.#replays.judged(truth);
      const at = this.isoOf(predictedAt);
      this.#tallies.add({ version: route.version, at, since }, outcomes);
      const metric = errorMetric(at, latest.since ?? '');
      const key = `${metric} ${route.version} ${route.variant}`;
      const before = groups.get(key)?.[3] ?? { rows: 0, wrong: 0 };
      const { rows, wrong } = totalsOf(outcomes.values());
      groups.set(key, [route, now, metric, { rows: before.rows + rows, wrong: before.wrong + wrong }]);
    }
    for (const group of groups.values()) this.publisher.judged(...group);
    for (const tallies of this.#tallies.changed()) await this.publisher.counted(tallies);
  }

  /** Stores what was asked again by now. */
  async replay(now: number): Promise<void> {
    for (const tally of this.#replays.changed(now)) await this.publisher.replayed(tally);
  }

  #serve(state: ReleaseState): void {
    const { idleEnvironments } = this.scenario.serving;
    if (this.#served && this.#served.since !== state.since && idleEnvironments > 0)
      this.#idle = { state: this.#served, left: idleEnvironments };
    this.#served = state;
  }

  #answer(piece: Piece, requests: number, state: ReleaseState, latest: ReleaseState): void {
    const shares = this.model.shares(state);
    const counts = this.model.routed(piece, requests, shares);
    for (const [i, { version, variant }] of shares.entries()) {
      const count = counts[i]!;
      if (count === 0) continue;
      const traffic = this.model.serve(version, piece, count);
      const latencies = this.#publish(piece, { version, variant }, traffic);
      this.#replays.served(version, state, { piece, traffic, latencies });
      this.#truths.add({ route: { version, variant }, since: state.since ?? '', at: piece.from }, traffic.outcomes);
      if (latest.quarantined.some((each) => each.version === version)) this.servedAfterTakenBack += count;
    }
  }

  #burst(piece: Piece, { version, variant, requests, burst }: BurstTraffic, state: ReleaseState, number: number): void {
    const failed = burst.outcome === 'failed' ? requests : 0;
    const invalid = burst.outcome === 'invalid' ? requests : 0;
    const rows = (requests - failed - invalid) * burst.rows;
    const wrong = burst.outcome === 'wrong' ? rows : 0;
    const outcomes: OutcomeTable = { classes: 2, cells: [rows - wrong, wrong, 0, 0] };
    const traffic = { requests, failed, invalid, violations: 0, rows, outcomes: new Map([['', outcomes]]) };
    const latencies = this.#publish(piece, { version, variant, named: burst.named }, traffic, number);
    const ofRequests = burst.failsEverywhere === false ? 0 : failed;
    if (!burst.named) this.#replays.served(version, state, { piece, traffic, latencies, ofRequests });
    // Whoever names a version was not given it at random: the join counts no truth of it. And rows of one burst are one
    // caller's and alike: of those, it counts one an hour.
    const hour = Math.floor(piece.from / 3_600);
    const key = `${this.scenario.traffic.bursts.indexOf(burst)} ${version} ${hour}`;
    if (burst.named || rows === 0) return;
    const known = this.#repeated.has(key);
    const truths = Math.round(rows * valueAt(this.scenario.truth.share, piece.from));
    this.#tallies.addRepeated({ version, at: this.isoOf(piece.from) }, Math.max(0, known ? truths : truths - 1));
    if (known) return;
    this.#repeated.add(key);
    const once: OutcomeTable = { classes: 2, cells: [wrong > 0 ? 0 : 1, wrong > 0 ? 1 : 0, 0, 0] };
    this.#truths.add({ route: { version, variant }, since: state.since ?? '', at: piece.from }, new Map([['', once]]));
  }

  #publish(piece: Piece, route: PublishedRoute, traffic: ServedTraffic, burst = 0): LatencyCounts {
    // What never reached the model is in no time of an answer.
    const latencies = this.model.latencies(route.version, piece, traffic.requests - traffic.invalid, burst);
    this.publisher.served(route, piece, traffic, latencies);
    tally(this.totals[route.version - 1]!, traffic);
    return latencies;
  }
}

function totalsOf(tables: Iterable<OutcomeTable>): { rows: number; wrong: number } {
  let [rows, wrong] = [0, 0];
  for (const table of tables) {
    rows += table.cells.reduce((sum, count) => sum + count, 0);
    wrong += wrongOf(table);
  }
  return { rows, wrong };
}
