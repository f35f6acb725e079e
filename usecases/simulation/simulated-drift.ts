import type { DriftVerdict } from '../../core/drift/verdict.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { hourOf } from '../../core/quality/hour-tallies.ts';
import { type DeliveredInputs, inputsKey, inSixth, mergeInputs, noInputs } from '../../core/quality/inputs.ts';
import { type FeatureCounts, profileOfFeature } from '../../core/simulation/features.ts';
import type { VersionTotals } from '../../core/simulation/run.ts';
import type { TrafficModel } from '../../core/simulation/traffic-model.ts';
import type { Home } from '../../platform/ports.ts';
import { assessWindow } from '../drift/detect-drift.ts';
import { baselineOf } from '../registry/load-baseline.ts';

/** Features of a version's captured rows between two looks. */
interface CapturedRows {
  readonly version: number;
  readonly from: number;
  readonly rows: number;
  readonly features: Readonly<Record<string, FeatureCounts>>;
}

/**
 * The scheduled look at drift: the program's own detector, over windows of captures that are drawn as counts. A window
 * consists of whole stretches between two looks.
 */
export class SimulatedDrift {
  /** Oldest first; those that left the window are dropped. */
  #captured: CapturedRows[] = [];
  #last: { readonly at: number; readonly rows: readonly number[] } | undefined;

  constructor(
    private readonly home: Home,
    private readonly model: TrafficModel,
    private readonly isoOf: (t: number) => string,
  ) {}

  /** Whether the scenario describes anything that could drift. */
  get described(): boolean {
    return Object.keys(this.model.scenario.traffic.features).length > 0;
  }

  /**
   * Captures what was answered since the last time, and detects drift of the champion's window.
   *
   * @param totals what versions have answered so far
   * @returns undefined before there was anything to look at
   */
  async look(
    now: number,
    champion: number | null,
    totals: readonly VersionTotals[],
  ): Promise<DriftVerdict | undefined> {
    await this.capture(now, totals);
    if (champion === null) return undefined;
    const { name, monitoring } = this.model.scenario.model;
    const from = now - monitoring.drift.windowMinutes * 60;
    this.#captured = this.#captured.filter((captured) => captured.from >= from);
    const version = (await this.home.ledger.version(name, champion))!;
    const baseline = (await baselineOf(this.home, version))!;
    const current = profileOf(this.#captured.filter((captured) => captured.version === champion));
    const at = this.home.clock.now();
    return assessWindow(this.home, { version, baseline, current, to: at, now: at });
  }

  /** Counts what was captured of inputs, as the scheduled function does. */
  async #countInputs(captured: CapturedRows): Promise<void> {
    const { name } = this.model.scenario.model;
    const delivered = hourOf(this.home.clock.now().toISOString());
    const inputs = this.#inputs.get(delivered) ?? noInputs();
    this.#inputs.set(delivered, inputs);
    const features = Object.fromEntries(
      Object.entries(captured.features).map(([feature, { missing }]) => [
        feature,
        {
          rows: captured.rows,
          missing,
          violations: {},
          ...(missing > 0 && { sixths: inSixth(this.isoOf(captured.from), missing) }),
        },
      ]),
    );
    const hour = hourOf(this.isoOf(captured.from));
    const hours = { ...inputs.models[name] };
    const versions = { ...hours[hour] };
    const known = versions[captured.version];
    const own = { rows: captured.rows, sixths: inSixth(this.isoOf(captured.from), captured.rows), features };
    versions[captured.version] = known === undefined ? own : mergeInputs(known, own);
    inputs.models[name] = { ...hours, [hour]: versions };
    await this.home.data.put(inputsKey(delivered), JSON.stringify(inputs));
  }
  readonly #inputs = new Map<string, DeliveredInputs>();

  /** Captures what was answered since the last time, and counts its inputs, as is done beside the join of truth. */
  async capture(now: number, totals: readonly VersionTotals[]): Promise<void> {
    const last = this.#last;
    if (last?.at === now) return;
    this.#last = { at: now, rows: totals.map(({ rows }) => rows) };
    if (last === undefined) return;
    const { captureShare } = this.model.scenario.model.monitoring;
    for (const [i, { rows }] of totals.entries()) {
      const answered = Math.round((rows - last.rows[i]!) * captureShare);
      if (answered === 0) continue;
      const features = this.model.features(i + 1, { from: last.at, to: now }, answered);
      const captured = { version: i + 1, from: last.at, rows: answered, features };
      this.#captured.push(captured);
      await this.#countInputs(captured);
    }
  }
}

/** Profile of stretches together. */
function profileOf(captured: readonly CapturedRows[]): Profile {
  const sums = new Map<string, { missing: number; bins: number[] }>();
  for (const { features } of captured)
    for (const [name, { missing, bins }] of Object.entries(features)) {
      const sum = sums.get(name) ?? { missing: 0, bins: bins.map(() => 0) };
      sum.missing += missing;
      for (const [i, count] of bins.entries()) sum.bins[i] = sum.bins[i]! + count;
      sums.set(name, sum);
    }
  const columns = [...sums].map(([name, counts]) => [name, profileOfFeature(counts)]);
  return { rows: captured.reduce((sum, { rows }) => sum + rows, 0), columns: Object.fromEntries(columns) };
}
