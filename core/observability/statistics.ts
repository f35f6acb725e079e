import type { Observation, Sink } from './observation.ts';

/** How often something was done, and how long it took in all. */
export interface Total {
  readonly count: number;
  /** Nanoseconds. */
  readonly ns: number;
}

/** What one version has done since the endpoint opened, in the terms of Triton's statistics extension. */
export interface VersionStatistics {
  readonly model: string;
  readonly version: number;
  /** Milliseconds since 1970; 0 while there was none. */
  readonly lastInference: number;
  /** Rows that were run; those of answers out of the cache are not. */
  readonly inferenceCount: number;
  /** Runs; several requests of one batch are one. */
  readonly executionCount: number;
  readonly success: Total;
  readonly fail: Total;
  /** Waiting for the run. */
  readonly queue: Total;
  /** Decoding and checking. */
  readonly computeInput: Total;
  readonly computeInfer: Total;
  /** Encoding. */
  readonly computeOutput: Total;
  readonly cacheHit: Total;
  readonly cacheMiss: Total;
}

class Tally implements Total {
  count = 0;
  ns = 0;

  /** @param ms undefined for a step that was not reached */
  add(ms: number | undefined): void {
    if (ms === undefined) return;
    this.count++;
    this.ns += Math.round(ms * 1e6);
  }
}

class VersionTally implements VersionStatistics {
  lastInference = 0;
  inferenceCount = 0;
  /** Requests share the runs of their batch by the rows that they have in it. */
  runs = 0;
  readonly success = new Tally();
  readonly fail = new Tally();
  readonly queue = new Tally();
  readonly computeInput = new Tally();
  readonly computeInfer = new Tally();
  readonly computeOutput = new Tally();
  readonly cacheHit = new Tally();
  readonly cacheMiss = new Tally();

  constructor(
    readonly model: string,
    readonly version: number,
  ) {}

  get executionCount(): number {
    return Math.round(this.runs);
  }

  record(observation: Observation): void {
    const { phases, cache } = observation;
    if (observation.outcome !== 'ok') {
      this.fail.add(observation.duration);
      return;
    }
    this.lastInference = Math.max(this.lastInference, observation.at);
    this.success.add(observation.duration);
    if (cache === 'hit') {
      this.cacheHit.add(phases.infer ?? 0);
      return;
    }
    if (cache === 'miss') this.cacheMiss.add(0);
    const queue = phases.queue ?? 0;
    this.queue.add(queue);
    this.computeInput.add((phases.decode ?? 0) + (phases.check ?? 0));
    this.computeInfer.add(phases.infer === undefined ? undefined : Math.max(0, phases.infer - queue));
    this.computeOutput.add(phases.encode);
    this.inferenceCount += observation.rows;
    this.runs += observation.batch === undefined ? 1 : Math.min(1, observation.rows / Math.max(1, observation.batch));
  }
}

/** Counts inferences by model and version: what `/v2/models/…/stats` answers and Triton's metrics are made of. */
export class Statistics implements Sink {
  readonly #versions = new Map<string, VersionTally>();

  /** @param maxVersions versions that are held at most; the one that has been silent longest goes first */
  constructor(private readonly maxVersions = 200) {}

  record(observation: Observation): void {
    const { model, route, asked } = observation;
    if (asked !== 'infer' || model === undefined || route === undefined) return;
    const key = `${model} ${route.version}`;
    let tally = this.#versions.get(key);
    if (tally === undefined) {
      if (this.#versions.size >= this.maxVersions) this.#versions.delete(this.#silent());
      tally = new VersionTally(model, route.version);
      this.#versions.set(key, tally);
    }
    tally.record(observation);
  }

  /** By model, then version; of all models, of one, or of one version. */
  of(model?: string, version?: number): VersionStatistics[] {
    return [...this.#versions.values()]
      .filter((each) => (model ?? each.model) === each.model && (version ?? each.version) === each.version)
      .sort(byModelAndVersion);
  }

  #silent(): string {
    let [oldest, since] = ['', Number.POSITIVE_INFINITY];
    for (const [key, { lastInference }] of this.#versions)
      if (lastInference < since) [oldest, since] = [key, lastInference];
    return oldest;
  }
}

function byModelAndVersion(a: VersionStatistics, b: VersionStatistics): number {
  if (a.model === b.model) return a.version - b.version;
  return a.model < b.model ? -1 : 1;
}
