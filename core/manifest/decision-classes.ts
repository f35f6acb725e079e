import type { BinaryDecision, MulticlassDecision } from './decision.ts';
import type { OutputMeaning } from './manifest.ts';

/** Names of the classes that a decision chooses from, in order; none where the manifest names none. */
export const decisionClasses = (
  { classes, output }: Pick<MulticlassDecision, 'classes' | 'output'>,
  outputs: readonly OutputMeaning[],
): string[] => (classes ?? outputs.find(({ name }) => name === output)?.classes ?? []).map(String);

/** Whether the output holds the class itself; else the greatest of its columns decides. */
export const decidesByLabel = ({ output }: MulticlassDecision, outputs: readonly OutputMeaning[]): boolean =>
  outputs.find(({ name }) => name === output)?.meaning === 'label';

/** How truths may call what a binary decision is about. */
export interface BinaryClasses {
  /** All names; none where the manifest names none. */
  readonly names: readonly string[];
  /** The one that the decision is positive for; any other is negative. */
  readonly positive: string | undefined;
}

/** The names that a binary decision states itself, else those of its output's columns. */
export function binaryClasses(
  { classes, output, column }: Pick<BinaryDecision, 'classes' | 'output' | 'column'>,
  outputs: readonly OutputMeaning[],
): BinaryClasses {
  if (classes !== undefined) return { names: classes.map(String), positive: String(classes[1]) };
  const names = (outputs.find(({ name }) => name === output)?.classes ?? []).map(String);
  return { names, positive: names[column] };
}
