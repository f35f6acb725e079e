import type { TruthRecord } from '../../core/serving/ground-truth.ts';

/** A row that versions are asked about. */
export interface LabelledRow {
  /** What tells it apart from all others: of a captured one more than its id, which may be used again. */
  readonly id: string;
  /** What was randomised; null where it is not known, and all such rows are one unit. */
  readonly unit: string | null;
  readonly truth: TruthRecord['truth'];
  /** By feature, missing values as null; of a file of requests, its line. */
  readonly features: Readonly<Record<string, unknown>>;
}

/** How many rows of a source were given, and why others were not. */
export interface RowCounts {
  readonly given: number;
  /** Rows that nothing is known of: no label, no capture, or a capture without some of the features. */
  readonly unknown: number;
  /** Rows left out so that {@link MAX_COMPARED} remain, evenly. */
  readonly leftOut: number;
}

/** What is done with some rows at a time. */
export type TakeRows = (rows: readonly LabelledRow[]) => Promise<void>;

/** Rows that are compared at most: they are held in memory, and more would hardly narrow an interval. */
export const MAX_COMPARED = 200_000;
