import type { Family } from './exposition.ts';

interface Count {
  runs: number;
  requests: number;
  rows: number;
}

/** Counts runs by model and by where they were made, for how large batches are. */
export class RunCounts {
  readonly #counts = new Map<string, Count>();

  add(model: string, where: 'inline' | 'runner', requests: number, rows: number): void {
    const key = `${where} ${model}`;
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = { runs: 0, requests: 0, rows: 0 };
      this.#counts.set(key, count);
    }
    count.runs++;
    count.requests += requests;
    count.rows += rows;
  }

  families(): Family[] {
    const family = (name: string, help: string, of: keyof Count): Family => ({
      name: `trimtab_${name}_total`,
      type: 'counter',
      help,
      samples: [...this.#counts].map(([key, count]) => {
        const space = key.indexOf(' ');
        return { labels: { model: key.slice(space + 1), where: key.slice(0, space) }, value: count[of] };
      }),
    });
    return [
      family('runs', 'Runs of models.', 'runs'),
      family('run_requests', 'Requests that those runs put together.', 'requests'),
      family('run_rows', 'Rows that those runs put together.', 'rows'),
    ];
  }
}
