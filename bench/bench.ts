/** One line of the benchmark table. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  /** What has to be reached, in words; absent where a number only informs. */
  readonly target?: string;
  readonly reached?: boolean;
}

/** Every bench/*.bench.ts exports this as `bench`; each runs in a process of its own. */
export type Bench = () => Promise<readonly Row[]>;

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export const micro = (ms: number): string => (ms < 1 ? `${(ms * 1000).toFixed(0)} µs` : `${ms.toFixed(2)} ms`);

/** A row whose target is a largest ratio. */
export const ratioRow = (what: string, own: number, other: number, largest: number, unit = micro): Row => ({
  what,
  measured: `${unit(own)}, ${(own / other).toFixed(2)} x of ${unit(other)}`,
  target: `<= ${largest} x`,
  reached: own / other <= largest,
});
