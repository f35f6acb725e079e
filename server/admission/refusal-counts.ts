import type { Collector } from '../../core/observability/prometheus.ts';

/** Which bound a refusal met. */
export type RefusalReason =
  | 'requests'
  | 'bytes'
  | 'connections'
  | 'caller-requests'
  | 'caller-bytes'
  | 'caller-connections'
  | 'body-size'
  | 'body-rate'
  | 'body-time'
  | 'head-time'
  | 'pipelined';

/** All reasons: each is a series from the start, so that the first refusal is seen as an increase. */
const REASONS: readonly RefusalReason[] = [
  'requests',
  'bytes',
  'connections',
  'caller-requests',
  'caller-bytes',
  'caller-connections',
  'body-size',
  'body-rate',
  'body-time',
  'head-time',
  'pipelined',
];

/** Counts what was refused or cut off before a model saw it, by the bound that was met. */
export class RefusalCounts {
  readonly #counts = new Map<RefusalReason, number>(REASONS.map((reason) => [reason, 0]));

  add(reason: RefusalReason): void {
    this.#counts.set(reason, this.#counts.get(reason)! + 1);
  }

  of(reason: RefusalReason): number {
    return this.#counts.get(reason)!;
  }

  readonly collect: Collector = (to) => {
    to.family(
      'trimtab_admission_refused_total',
      'counter',
      'Requests and connections that were refused or cut off at a bound of the server, by the bound.',
    );
    for (const [reason, count] of this.#counts) to.sample({ reason }, count);
  };
}
