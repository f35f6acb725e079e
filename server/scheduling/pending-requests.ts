import type { Collector } from '../../core/observability/prometheus.ts';

/** Number of waiting requests of one version. */
export interface PendingCount {
  add(requests: number): void;
  /** Removes the version, which is no longer served. */
  end(): void;
}

/** Counts requests that wait for a worker or are run by one, as the metric that Triton has for it. */
export class Pending {
  readonly #counts = new Set<{ readonly model: string; readonly version: number; requests: number }>();

  of(model: string, version: number): PendingCount {
    const count = { model, version, requests: 0 };
    this.#counts.add(count);
    return {
      add: (requests) => {
        count.requests += requests;
      },
      end: () => void this.#counts.delete(count),
    };
  }

  readonly collect: Collector = (to) => {
    to.family('nv_inference_pending_request_count', 'gauge', 'Requests that wait for a worker or are run by one.');
    const sums = new Map<string, { model: string; version: number; requests: number }>();
    for (const count of this.#counts) {
      const key = `${count.model} ${count.version}`;
      sums.set(key, { ...count, requests: count.requests + (sums.get(key)?.requests ?? 0) });
    }
    for (const { model, version, requests } of sums.values()) to.sample({ model, version }, requests);
  };
}
