import type { PredictionReply } from './client.ts';
import type { DemoContext } from './context.ts';
import type { Flight } from './flights.ts';

/** One flight asked about, answered, and known to be late or not. */
export interface AnswerOutcome {
  readonly answer: PredictionReply;
  readonly wrong: boolean;
}

/** How long after an answer its truth is sent: late, as truth is, but within the demo's patience. */
const TRUTH_AFTER_MS = 1_000;

/**
 * Traffic that goes on until it is stopped: flights one after the other, a request each, and for each the truth a
 * little later.
 */
export class TrafficGenerator {
  readonly outcomes: AnswerOutcome[] = [];
  #stopped = false;
  readonly #running: Promise<void>;

  constructor(demo: DemoContext, flights: readonly Flight[], perSecond: number) {
    this.#running = this.#run(demo, flights, perSecond);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(demo: DemoContext, flights: readonly Flight[], perSecond: number): Promise<void> {
    const { caller, manifest } = demo;
    const threshold = manifest.decision?.task === 'binary' ? manifest.decision.threshold : 0.5;
    const truths: { id: string; truth: number; at: number }[] = [];
    const began = performance.now();
    for (let i = 0; !this.#stopped; i++) {
      const flight = flights[i % flights.length]!;
      const ahead = (i / perSecond) * 1_000 - (performance.now() - began);
      if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
      const answer = await caller.v2([flight]);
      if (flight.late !== null) {
        const wrong = answer.probabilities[0]! >= threshold !== (flight.late === 1);
        this.outcomes.push({ answer, wrong });
        truths.push({ id: answer.id, truth: flight.late, at: Date.now() });
      }
      const due = truths.findIndex(({ at }) => at > Date.now() - TRUTH_AFTER_MS);
      if (due >= perSecond / 2) await caller.truth(truths.splice(0, due).map(({ id, truth }) => ({ id, truth })));
    }
    if (truths.length > 0) await caller.truth(truths.map(({ id, truth }) => ({ id, truth })));
  }
}

/** Share of wrong decisions by version, for people. */
export function wrongByVersion(outcomes: readonly AnswerOutcome[]): string {
  const versions = [...new Set(outcomes.map(({ answer }) => answer.version))].sort((a, b) => a - b);
  return versions
    .map((version) => {
      const own = outcomes.filter(({ answer }) => answer.version === version);
      const wrong = own.filter((o) => o.wrong).length;
      return `version ${version} wrong ${((100 * wrong) / own.length).toFixed(1)} % of ${own.length}`;
    })
    .join(', ');
}
