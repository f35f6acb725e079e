/** Counts of values below edges, as Prometheus has them; one `observe` costs some comparisons and nothing else. */
export class Histogram {
  /** Values in each bin: above the edge before, up to and with its own; the last bin is what is above all edges. */
  readonly counts: Float64Array;
  sum = 0;

  /** @param edges ascending */
  constructor(readonly edges: readonly number[]) {
    this.counts = new Float64Array(edges.length + 1);
  }

  /** What is no number is not counted. */
  observe(value: number): void {
    if (!Number.isFinite(value)) return;
    const { edges } = this;
    let from = 0;
    let to = edges.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (value <= edges[middle]!) to = middle;
      else from = middle + 1;
    }
    this.counts[from]!++;
    this.sum += value;
  }

  get count(): number {
    return this.counts.reduce((total, count) => total + count, 0);
  }
}
