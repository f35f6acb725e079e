/** One line of the benchmark table. */
export interface BenchRow {
  readonly what: string;
  readonly measured: string;
  /** What has to be reached, in words; absent where a number only informs. */
  readonly target?: string;
  readonly reached?: boolean;
}

/** Every bench/*.bench.ts exports this as `bench`; each runs in a process of its own. */
export type Bench = () => Promise<readonly BenchRow[]>;

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export const micro = (ms: number): string => (ms < 1 ? `${(ms * 1000).toFixed(0)} µs` : `${ms.toFixed(2)} ms`);

/** Two times in milliseconds that are compared. */
export interface Ratio {
  readonly own: number;
  readonly other: number;
  /** The largest ratio that reaches the target. @default the row only informs */
  readonly max?: number;
}

/** A row that compares a time with another. */
export const ratioRow = (what: string, { own, other, max }: Ratio): BenchRow => ({
  what,
  measured: `${micro(own)}, ${(own / other).toFixed(2)} x of ${micro(other)}`,
  ...(max === undefined ? {} : { target: `<= ${max} x`, reached: own / other <= max }),
});
