import { classNamed } from '../contract/cells/class-literal.ts';
import type { ClassList } from '../onnx/class-lists.ts';
import { areAmounts, type LabelValues, listNames } from './decision-facts.ts';

/** Names of the classes that the columns of an output are of. */
export interface ClassNames {
  readonly names: ClassList;
  /** Where they come from, for people. */
  readonly source: string;
}

/**
 * Names the columns of an output: as the graph does; else as the labels are, where they are as many, in ascending order
 * (as scikit-learn has them). A graph that numbers its classes from 0 says nothing of names: its labels were encoded.
 *
 * @returns undefined where nobody knows
 */
export function nameClasses(
  columns: number,
  graph: ClassList | undefined,
  labels: LabelValues | undefined,
): ClassNames | undefined {
  const own = graph?.length === columns ? graph : undefined;
  const many = labels !== undefined && !labels.more && labels.values.length === columns && !areAmounts(labels);
  if (own === undefined) {
    if (!many) return undefined;
    return { names: labels.values, source: 'the labels in ascending order, for the graph names none' };
  }
  const unread = unreadLabels(own, labels);
  if (unread.length === 0) return { names: own, source: 'as the graph names them' };
  if (many && own.every((name, i) => String(name) === String(i)))
    return { names: labels.values, source: 'the labels in ascending order, for the graph numbers its classes' };
  return {
    names: own,
    source: `as the graph names them; labels such as ${listNames(unread.slice(0, 3))} are none of these, and count for nothing`,
  };
}

/** Labels that are none of the classes. */
export function unreadLabels(names: ClassList, labels: LabelValues | undefined): (string | number)[] {
  const texts = names.map(String);
  return (labels?.values ?? []).filter((value) => classNamed(texts, value) === undefined);
}
