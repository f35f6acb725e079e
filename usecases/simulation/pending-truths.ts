import type { Route } from '../../core/serving/route.ts';
import type { OutcomeTable } from '../../core/simulation/outcomes.ts';
import { Random } from '../../core/simulation/random.ts';
import type { Scenario } from '../../core/simulation/scenario.ts';
import { valueAt } from '../../core/simulation/varying.ts';

/** Decisions of a version whose truth is not joined yet. */
export interface PendingTruth {
  readonly route: Route;
  /** When the predictions were made, and when their truths are sent; seconds since time 0. */
  readonly predictedAt: number;
  readonly sentAt: number;
  readonly rows: number;
  readonly wrong: number;
}

const DAY = 86_400;
/** The place of these draws, apart from those of the traffic model. */
const STREAM = 101;

/** Truths on their way: which of them are ever known, and when they are sent. */
export class PendingTruths {
  readonly #random: Random;
  /** In the order in which they are sent, which is that of the predictions. */
  readonly #pending: PendingTruth[] = [];

  constructor(
    private readonly scenario: Scenario,
    seed: number,
  ) {
    this.#random = new Random(seed);
  }

  /** Decisions of a version, made at a moment. */
  add(route: Route, at: number, outcomes: Iterable<OutcomeTable>): void {
    const { share, of = 'all' } = this.scenario.truth;
    const known = valueAt(share, at);
    // Nothing of today's program judges a decision among several classes.
    if (known === 0 || this.scenario.model.task === 'multiclass') return;
    const random = this.#random.at(STREAM, at, route.version);
    let [rows, wrong] = [0, 0];
    for (const { classes, cells } of outcomes)
      for (const [i, count] of cells.entries()) {
        const [truth, decision] = [Math.floor(i / classes), i % classes];
        if (of === 'predicted-positives' && decision === 0) continue;
        const kept = random.binomial(count, known);
        rows += kept;
        if (truth !== decision) wrong += kept;
      }
    if (rows > 0) this.#pending.push({ route, predictedAt: at, sentAt: this.#sentAt(at), rows, wrong });
  }

  /** Those that were sent by a moment: they are pending no more. */
  takeSent(now: number): PendingTruth[] {
    let sent = 0;
    while (sent < this.#pending.length && this.#pending[sent]!.sentAt <= now) sent++;
    return this.#pending.splice(0, sent);
  }

  #sentAt(at: number): number {
    const { delay, nightly } = this.scenario.truth;
    if (nightly === undefined) return at + delay;
    return Math.ceil((at + delay - nightly) / DAY) * DAY + nightly;
  }
}
