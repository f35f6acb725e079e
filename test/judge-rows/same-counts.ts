import { hourOf } from '../../core/quality/hour-tallies.ts';
import { inputsKey, noInputs } from '../../core/quality/inputs.ts';
import type { Command } from '../../core/registry/commands.ts';
import type { Entry } from '../../core/registry/ledger.ts';
import type { ReplayTally } from '../../core/replay/replay-tally.ts';
import type { Variant } from '../../core/serving/variant.ts';
import { Scenario } from '../../core/simulation/scenario.ts';
import { openSimulatedHome } from '../../platform/simulated/home.ts';
import { Registry } from '../../usecases/registry/registry.ts';
import { advanceRollouts } from '../../usecases/release/advance-rollouts.ts';
import { START_MS } from '../../usecases/simulation/play.ts';
import { simulatedPublisher } from '../../usecases/simulation/publisher.ts';
import { PERSON, registerVersions } from '../../usecases/simulation/register-versions.ts';
import { SimulatedTallies } from '../../usecases/simulation/simulated-tallies.ts';

const MODEL = 'model';
const HOUR = 3_600;
/** Requests take less than any limit. */
const QUICK = { median: 5, spread: 0.1, slow: 0, slowMs: 1_000 };
const msOf = (t: number): number => START_MS + 1_000 * t;

/** What a version did within a period of metrics, and what became known of it. */
export interface CountedTraffic {
  readonly version: number;
  readonly variant: Exclude<Variant, 'shadow'>;
  readonly requests: number;
  readonly failed?: number;
  /** Decisions whose truth became known: true negatives, false positives, false negatives, true positives. */
  readonly outcomes?: readonly [number, number, number, number];
  /** Truths of rows that the same caller had sent before. */
  readonly repeated?: number;
  /** Feature -> rows that it was empty of. */
  readonly missing?: Readonly<Record<string, number>>;
}

/** What asking again made known of a version; counts alone. */
export type CountedReplay = Pick<ReplayTally, 'suspect' | 'reference' | 'asked' | 'failures' | 'answers' | 'truth'>;

/** A command of a person and the traffic after it. */
export interface Act {
  readonly command: Command;
  /** @default just before the traffic */
  readonly daysAgo?: number;
  readonly traffic: readonly CountedTraffic[];
}

export interface SameCounts {
  readonly acts: readonly Act[];
  readonly replays?: readonly CountedReplay[];
  /** Of every version's manifest. */
  readonly rollout?: Readonly<Record<string, unknown>>;
  readonly monitoring?: Readonly<Record<string, unknown>>;
}

/**
 * Plays counts in the home of simulations, published as a simulation publishes them, with the judge's next look behind
 * them.
 *
 * @returns what functions wrote
 */
export async function playCounts({ acts, replays = [], rollout, monitoring }: SameCounts): Promise<Entry[]> {
  const scenario = Scenario.parse({
    duration: '1h',
    model: { name: MODEL, ...(rollout && { rollout }), ...(monitoring && { monitoring }) },
    traffic: { features: { weight: {} } },
    replay: {},
    versions: [{ name: 'a' }, { name: 'b' }],
  });
  const home = openSimulatedHome(msOf(-10 * 24 * HOUR), 0);
  const registry = new Registry(home, PERSON);
  const publisher = simulatedPublisher(home, MODEL, msOf);
  const tallies = new SimulatedTallies(scenario.model);
  await registerVersions(home, scenario, scenario.versions);
  let from = 0;
  for (const { command, daysAgo, traffic } of acts) {
    home.clock.set(daysAgo === undefined ? msOf(from + 5) : msOf(-24 * HOUR * daysAgo));
    await registry.apply(MODEL, command);
    const since = (await registry.state(MODEL)).since!;
    const piece = { from: from + 10, to: from + 20 };
    const at = new Date(msOf(piece.from)).toISOString();
    for (const { version, variant, requests, failed = 0, outcomes, repeated = 0, missing } of traffic) {
      const cells = outcomes ?? [0, 0, 0, 0];
      const rows = requests - failed;
      const table = new Map([['', { classes: 2, cells }]]);
      const route = { version, variant };
      publisher.served(
        route,
        piece,
        { requests, failed, invalid: 0, violations: 0, rows, outcomes: table },
        { shape: QUICK, body: [requests, 0, 0, 0, 0], slow: 0 },
      );
      if (outcomes !== undefined) {
        tallies.add({ version, at, since }, table);
        tallies.addRepeated({ version, at }, repeated);
        const judged = cells.reduce((sum, count) => sum + count, 0);
        publisher.judged(route, piece.from, 'PredictionError', { rows: judged, wrong: cells[1] + cells[2] });
      }
      const hour = hourOf(at);
      const features = Object.fromEntries(
        Object.entries(missing ?? {}).map(([name, empty]) => [
          name,
          { rows, missing: empty, violations: {}, requests: { n: rows, missing: empty, broken: 0 } },
        ]),
      );
      if (missing !== undefined)
        await home.data.put(
          inputsKey(hour),
          JSON.stringify({ ...noInputs(), models: { [MODEL]: { [hour]: { [version]: { rows, features } } } } }),
        );
    }
    for (const each of tallies.changed()) await publisher.counted(each);
    for (const replay of replays.filter(({ suspect }) => traffic.some(({ version }) => version === suspect)))
      await publisher.replayed({
        ...replay,
        ...{ schemaVersion: 1, model: MODEL, since, hour: hourOf(at), notReplayable: 0 },
        slow: { n: 0, both: 0, suspectOnly: 0, referenceOnly: 0 },
      });
    from += 20;
  }
  home.clock.set(msOf(from + 2));
  await advanceRollouts(home, home.clock.now());
  return (await registry.history(MODEL)).filter(({ actor }) => actor.startsWith('function:'));
}
