import type { FaultKind } from '../errors/protocol-error.ts';
import type { Route } from '../serving/route.ts';
import type { Disagreement } from '../shadow/compare.ts';
import type { Confidence } from './confidence.ts';
import type { MetricName } from './metric-names.ts';
import type { TraceContext } from './trace-context.ts';

/** The steps of a request, in order. `queue` is the part of the run's time that was spent waiting for it. */
export const PHASES = ['decode', 'check', 'queue', 'infer', 'explain', 'encode'] as const;
export type Phase = (typeof PHASES)[number];

/**
 * How a request ended: answered; refused for what its caller did; failed inside; or nothing was there to answer it
 * (not released, not loaded, too busy).
 */
export type RequestOutcome = 'ok' | 'caller' | 'internal' | 'unavailable';

/** What a request asked for, as far as anybody got to know. */
export type OperationKind = 'infer' | 'explain' | 'feedback' | 'repository' | 'show' | 'nothing';

/** What a run tells of itself beside its outputs. */
export interface RunReport {
  /** Milliseconds that the run waited before it began. */
  queue?: number | undefined;
  /** Milliseconds that it took after that, where it was made in this process. */
  run?: number | undefined;
  /** Rows of the batch that it was part of; absent: its own only. */
  batch?: number | undefined;
}

/** What is known of a request before anybody has looked into it. */
export interface RequestInfo {
  readonly method: string;
  /** As it came: it may hold anything. */
  readonly path: string;
  readonly id: string;
  readonly trace: TraceContext;
}

/**
 * One request to one version, as it turned out; the shadow's copy of a request is one of its own. Filled in on the
 * way, and read by sinks once it has ended.
 */
export class Observation implements RunReport {
  /** How it came in; undefined for a shadow's copy. */
  request: RequestInfo | undefined = undefined;
  /** What was asked for. */
  asked: OperationKind = 'nothing';
  /** Undefined while nobody knows which model is meant; only names that exist ever come here. */
  model: string | undefined = undefined;
  /** Who answered; undefined when nobody was found to. */
  route: Route | undefined = undefined;
  /** Whether the caller named the version that answered. */
  named = false;
  /** Prediction id; undefined where there is no prediction. */
  id: string | undefined = undefined;
  outcome: RequestOutcome = 'ok';
  /** Of the HTTP answer; 0 while there is none, and for a shadow. */
  status = 0;
  /** What it was refused or failed for; undefined when it was answered. */
  fault: FaultKind | undefined = undefined;
  error: unknown = undefined;
  /** Rows answered. */
  rows = 0;
  /** The decision's output, one a row; empty where the model has no decision. */
  scores: readonly number[] = [];
  /** How sure the model was, one a row; undefined where it does not tell three classes or more apart. */
  confidence: Confidence | undefined = undefined;
  /** Whether the scores are probabilities, or at least between 0 and 1. */
  probable = false;
  /** Whether the scores are indices of classes: numbers that only name something, with no mean and no distribution. */
  nominal = false;
  /** Violations of the contract that were clamped or flagged. */
  tolerated = 0;
  /** Whether the request broke the contract, or did not fit the model's inputs. */
  broken = false;
  /** Whether the answer came from the response cache; undefined where it was not asked. */
  cache: 'hit' | 'miss' | undefined = undefined;
  /** Rows that are unlike the baseline; undefined where nobody looked. */
  outOfDistribution: number | undefined = undefined;
  /** Of a shadow's copy: how far its answer is from the one that was given. */
  disagreement: Disagreement | undefined = undefined;
  /** Whether the caller had sent too many requests; undefined where there is no limit. */
  limited: boolean | undefined = undefined;
  /**
   * Milliseconds since the registry was last heard of, where that is longer than an answer should rest on; undefined
   * where the release was known.
   */
  releaseAge: number | undefined = undefined;
  /** Milliseconds; undefined for a step that was not reached. `infer` holds the waiting as well. */
  readonly phases: Record<Phase, number | undefined> = {
    decode: undefined,
    check: undefined,
    queue: undefined,
    infer: undefined,
    explain: undefined,
    encode: undefined,
  };
  /** Milliseconds of the run alone, where it was made in this process. */
  run: number | undefined = undefined;
  /** Rows of the batch that the run was part of; undefined: its own only. */
  batch: number | undefined = undefined;
  /** Milliseconds from the request's arrival to its answer; for a shadow, of its own turn. */
  duration = 0;
  private mark: number;

  /**
   * @param protocol name of the protocol that was spoken
   * @param at milliseconds since 1970
   * @param started the same by a clock that never jumps, in milliseconds
   */
  constructor(
    readonly protocol: string,
    readonly at: number,
    readonly started: number,
  ) {
    this.mark = started;
  }

  get queue(): number | undefined {
    return this.phases.queue;
  }

  set queue(ms: number | undefined) {
    this.phases.queue = ms;
  }

  /** Begins a step: what went before is no step's time. */
  begin(now: number): void {
    this.mark = now;
  }

  /** Ends a step, and with it begins the next. */
  lap(phase: Phase, now: number): void {
    this.phases[phase] = now - this.mark;
    this.mark = now;
  }

  /** Ends it; what comes after its first end is not its own time. */
  end(now: number): void {
    if (this.duration === 0) this.duration = now - this.started;
  }
}

/** What is known of a model apart from its requests: whether versions load, whether the ledger can be read. */
export type Signals = Partial<Record<MetricName, number>>;

/** Where observations go. Both must be quick, and must not throw: the answer waits for them. */
export interface Sink {
  record(observation: Observation): void;
  /** @param at milliseconds since 1970 */
  signal?(model: string, route: Route, at: number, values: Signals): void;
}
