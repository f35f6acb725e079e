import type { Grid } from './grid.ts';

/** The Shapley values of one row. They sum to `value - baseValue`. */
export interface RowValues {
  /** Mean score of the background (with the row's own values in the fixed features). */
  readonly baseValue: number;
  /** Score of the row. */
  readonly value: number;
  /** One a feature, in the order of `Explanation.features`, in the score's unit. */
  readonly values: readonly number[];
  /** Of `values`, by what was drawn at random or left out for want of time; absent when they are exact. */
  readonly standardErrors?: readonly number[];
}

/** The values of one row, and which column of the output they are of. */
export interface ExplainedRow extends RowValues {
  readonly column: number;
  /** Name of the class that the column is of, where the manifest names it. */
  readonly class?: string;
}

/** Values of rows, and how far they got. */
export interface Shares {
  readonly rows: readonly RowValues[];
  /** False when time was out before all background rows, or all permutations, had their turn. */
  readonly complete: boolean;
  /** Background rows that were compared with; the fewest of any row when time was out. */
  readonly backgroundRows: number;
  /** Sampled values: orders of the features that were walked for a row, each forward and in reverse. */
  readonly permutations?: number;
}

/**
 * What rows are compared with: rows of the reference, rows drawn from its columns, each by itself, or tensors that are
 * flat, of levels that means of the reference have.
 */
export type BackgroundSource = 'rows' | 'marginals' | 'levels';

/** Why a model gave the scores it gave; docs/explanations.md has what the values mean, and what not. */
export interface Explanation extends Omit<Shares, 'rows'> {
  readonly method: 'exact' | 'sampled';
  readonly output: string;
  /** Column of the output, 0-based; null where it is that of the class predicted, which each row has itself. */
  readonly column: number | null;
  /** `raw`: the sum of the trees, before `link`; `output`: what the model answers. */
  readonly scale: 'raw' | 'output';
  /** What makes the output of the explained score: `identity`, `logistic`, `softmax`, `probit`. */
  readonly link: string;
  readonly background: BackgroundSource;
  readonly features: readonly string[];
  /** Features that nothing is known about but the row itself, for they are personal; they have no values. */
  readonly fixed: readonly string[];
  /** Where the features are cells of a tensor: in which, along which of its axes, and from where to where, row by row. */
  readonly grid?: Grid & { readonly input: string };
  /** Why the values are sampled. */
  readonly reason?: string;
  readonly rows: readonly ExplainedRow[];
}

/** What a caller may ask for. */
export interface ExplainOptions {
  /** @default the decision's */
  readonly output?: string;
  /** @default the decision's; of several classes each row's predicted one; 1 of two; 0 of one */
  readonly column?: number;
  /** Name of the class whose column is meant. */
  readonly class?: string;
  /** @default exact where the graph's trees can be read */
  readonly method?: 'exact' | 'sampled';
  /** @default `raw` where values are exact, else `output` */
  readonly scale?: 'raw' | 'output';
  readonly permutations?: number;
  /** Most parts that a side of a tensor is cut into. @default the manifest's */
  readonly grid?: number;
  readonly budgetMs?: number;
}
