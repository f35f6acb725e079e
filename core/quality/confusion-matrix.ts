import type { MulticlassTally } from './multiclass.ts';

/** Decisions between several classes, dense: rows by what was true, columns by what was decided. */
export interface ConfusionMatrix {
  /** Names of the rows: the classes, then `other` where something is in it; `(other)` where a class is called that. */
  readonly truths: readonly string[];
  /** Names of the columns: the classes, then `other` and `none` where something is in them. */
  readonly decisions: readonly string[];
  readonly counts: readonly (readonly number[])[];
}

/** The classes that a tally tells apart, `other` and `none`, whether or not something is in those. */
export function matrixOf({ classes, confusion }: MulticlassTally): number[][] {
  const matrix = Array.from({ length: classes.length + 1 }, () => Array.from({ length: classes.length + 2 }, () => 0));
  for (const [cell, count] of Object.entries(confusion)) {
    const [truth = 0, decision = 0] = cell.split(',').map(Number);
    matrix[truth]![decision]! += count;
  }
  return matrix;
}

/** The matrix as people read it, without what nothing is in beside the classes. */
export function confusionMatrix(tally: MulticlassTally): ConfusionMatrix {
  const matrix = matrixOf(tally);
  const other = tally.classes.length;
  const column = (at: number): number => matrix.reduce((sum, row) => sum + row[at]!, 0);
  const row = (at: number): number => matrix[at]!.reduce((sum, count) => sum + count, 0);
  const rows = [...tally.classes.keys(), ...(row(other) > 0 ? [other] : [])];
  const columns = [...tally.classes.keys(), ...[other, other + 1].filter((at) => column(at) > 0)];
  const names = [...tally.classes, ...['other', 'none'].map((name) => apartFrom(tally.classes, name))];
  return {
    truths: rows.map((at) => names[at]!),
    decisions: columns.map((at) => names[at]!),
    counts: rows.map((truth) => columns.map((decision) => matrix[truth]![decision]!)),
  };
}

/** A name that none of the classes has. */
const apartFrom = (classes: readonly string[], name: string): string =>
  classes.includes(name) ? apartFrom(classes, `(${name})`) : name;
