import type { Route } from '../../core/serving/route.ts';
import type { OutcomeTable } from '../../core/simulation/outcomes.ts';
import { Random } from '../../core/simulation/random.ts';
import type { Scenario } from '../../core/simulation/scenario.ts';
import { valueAt } from '../../core/simulation/varying.ts';

/** Decisions of a version whose truth is not joined yet. */
export interface PendingTruth {
  readonly route: Route;
  /** Since when the shares of the traffic were what they were then, ISO 8601. */
  readonly since: string;
  /** When the predictions were made, and when their truths are sent; seconds since time 0. */
  readonly predictedAt: number;
  readonly sentAt: number;
  /** By segment, `''` for none; of decisions whose truth becomes known. */
  readonly outcomes: ReadonlyMap<string, OutcomeTable>;
}

const DAY = 86_400;
/** The place of these draws, apart from those of the traffic model. */
const STREAM = 101;

/** Who decided, when, and at which shares. */
interface Predicted {
  readonly route: Route;
  readonly since: string;
  readonly at: number;
}

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
  add({ route, since, at }: Predicted, outcomes: ReadonlyMap<string, OutcomeTable>): void {
    const { share, of = 'all' } = this.scenario.truth;
    const known = valueAt(share, at);
    if (known === 0) return;
    const random = this.#random.at(STREAM, at, route.version);
    const kept = new Map<string, OutcomeTable>();
    for (const [segment, { classes, cells }] of outcomes)
      kept.set(segment, {
        classes,
        cells: cells.map((count, i) =>
          of === 'predicted-positives' && i % classes === 0 ? 0 : random.binomial(count, known),
        ),
      });
    const rows = [...kept.values()].reduce((sum, { cells }) => sum + cells.reduce((a, b) => a + b, 0), 0);
    if (rows > 0) this.#pending.push({ route, since, predictedAt: at, sentAt: this.#sentAt(at), outcomes: kept });
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
