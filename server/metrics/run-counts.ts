import type { Collector } from '../../core/observability/prometheus.ts';

const FAMILIES = [
  ['runs', 'trimtab_runs_total', 'Runs of models.'],
  ['requests', 'trimtab_run_requests_total', 'Requests that those runs put together.'],
  ['rows', 'trimtab_run_rows_total', 'Rows that those runs put together.'],
] as const;

interface Count {
  readonly labels: { readonly model: string; readonly where: string };
  runs: number;
  requests: number;
  rows: number;
}

/** Counts runs, and their requests and rows, by model and place of the run: mean batch sizes follow from them. */
export class RunCounts {
  readonly #counts = new Map<string, Count>();

  add(model: string, where: 'inline' | 'runner', requests: number, rows: number): void {
    const key = `${where} ${model}`;
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = { labels: { model, where }, runs: 0, requests: 0, rows: 0 };
      this.#counts.set(key, count);
    }
    count.runs++;
    count.requests += requests;
    count.rows += rows;
  }

  readonly collect: Collector = (to) => {
    for (const [name, family, help] of FAMILIES) {
      to.family(family, 'counter', help);
      for (const count of this.#counts.values()) to.sample(count.labels, count[name]);
    }
  };
}
