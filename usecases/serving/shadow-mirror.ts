import { decisionClasses } from '../../core/manifest/decision-classes.ts';
import { Observation } from '../../core/observability/observation.ts';
import type { Route } from '../../core/serving/route.ts';
import { disagreement, NO_ANSWER, type VersionPrediction } from '../../core/shadow/compare.ts';
import type { LoadedVersion } from './loaded-version.ts';
import { type PredictionJob, type PredictionResult, predict } from './predict.ts';

/**
 * When a shadow's turn is. `after`: once the answer is on its way, for a process that goes on running. A budget: before
 * it, for a function is frozen as soon as it has answered; then so few requests are mirrored that they take no longer
 * for it than this, on average.
 */
export type MirrorTiming = 'after' | { readonly budgetMs: number };

export interface MirrorOptions {
  readonly timing: MirrorTiming;
  readonly record: (observation: Observation) => void;
  readonly complain: (message: string, error: unknown) => void;
}

/** Copies that may wait for their turn; what comes while so many do is not mirrored. */
const MAX_WAITING = 64;
/** How much a new time counts in the running mean. */
const WEIGHT = 0.1;

/** Sends copies of requests to a shadow, and tells how far its answers are from those that were given. */
export class Mirror {
  private waiting = 0;
  private last: Promise<void> = Promise.resolve();
  /** Running mean of what a copy takes; milliseconds. */
  private mean = 0;
  /** Share of a copy that has been saved up for. */
  private saved = 1;

  constructor(private readonly options: MirrorOptions) {}

  /** @returns when the answer may go out */
  send(job: PredictionJob, given: PredictionResult, route: Route, loaded: LoadedVersion): Promise<void> {
    const { timing } = this.options;
    if (timing === 'after') {
      if (this.waiting < MAX_WAITING) this.later(job, given, route, loaded);
      return Promise.resolve();
    }
    this.saved = Math.min(1, this.saved + (this.mean === 0 ? 1 : timing.budgetMs / this.mean));
    if (this.saved < 1) return Promise.resolve();
    this.saved = 0;
    return this.run(job, given, route, loaded);
  }

  /** Waits for the copies that are under way. */
  settle(): Promise<void> {
    return this.last;
  }

  /** One after the other, each behind whatever the event loop has to send. */
  private later(job: PredictionJob, given: PredictionResult, route: Route, loaded: LoadedVersion): void {
    this.waiting++;
    // Held from now on, lest it be freed before its turn.
    loaded.running++;
    this.last = this.last
      .then(() => new Promise((resolve) => setImmediate(resolve)))
      .then(() => this.run(job, given, route, loaded))
      .finally(() => {
        this.waiting--;
        loaded.running--;
      });
  }

  /** Never throws: what goes wrong with a copy is nobody's answer. */
  private async run(job: PredictionJob, given: PredictionResult, route: Route, loaded: LoadedVersion): Promise<void> {
    const observation = new Observation(job.observation.protocol, job.observation.at, performance.now());
    observation.asked = 'infer';
    try {
      const mirrored = await predict({ ...job, id: given.id, route, loaded, observation });
      observation.disagreement = disagreement(
        { ...decisionOf(job.loaded), scores: job.observation.scores, outputs: given.outputs },
        { ...decisionOf(loaded), scores: observation.scores, outputs: mirrored.outputs },
      );
    } catch (error) {
      // That nobody was free to answer says nothing of the version.
      if (observation.outcome !== 'unavailable') observation.disagreement = NO_ANSWER;
      if (observation.outcome === 'internal')
        this.options.complain(`shadow version ${route.version} of ${job.model} failed`, error);
    }
    this.mean = this.mean === 0 ? observation.duration : this.mean + WEIGHT * (observation.duration - this.mean);
    this.options.record(observation);
  }
}

const decisionOf = ({ decision, record }: LoadedVersion): Pick<VersionPrediction, 'decision' | 'classes'> =>
  decision?.task === 'multiclass'
    ? { decision, classes: decisionClasses(decision, record.manifest.outputs) }
    : { decision };
