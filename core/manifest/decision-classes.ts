import type { MulticlassDecision } from './decision.ts';
import type { OutputMeaning } from './manifest.ts';

/** Names of the classes that a decision chooses from, in order; none where the manifest names none. */
export const decisionClasses = (
  { classes, output }: Pick<MulticlassDecision, 'classes' | 'output'>,
  outputs: readonly OutputMeaning[],
): string[] => (classes ?? outputs.find(({ name }) => name === output)?.classes ?? []).map(String);

/** Whether the output holds the class itself; else the greatest of its columns decides. */
export const decidesByLabel = ({ output }: MulticlassDecision, outputs: readonly OutputMeaning[]): boolean =>
  outputs.find(({ name }) => name === output)?.meaning === 'label';
