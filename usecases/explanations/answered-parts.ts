import { FeedError, RunError } from '../../platform/onnx/errors.ts';

/**
 * Asks a model about items. Of a part that its graph fails on, halves are asked about again, until those are found that
 * it has no answer to: one row that it fails at would take all answers of a run with it.
 *
 * @param batch most items of a part
 * @param ask   one answer an item
 * @returns one answer an item, undefined where the graph fails
 * @throws whatever else goes wrong with a run
 */
export async function answersOf<Item, Answer>(
  items: readonly Item[],
  batch: number,
  ask: (part: readonly Item[]) => Promise<readonly Answer[]>,
): Promise<(Answer | undefined)[]> {
  const answers: (Answer | undefined)[] = [];
  for (let from = 0; from < items.length; from += batch) {
    const part = items.slice(from, from + batch);
    try {
      answers.push(...(await ask(part)));
    } catch (error) {
      if (!(error instanceof RunError || error instanceof FeedError)) throw error;
      if (part.length === 1) answers.push(undefined);
      else answers.push(...(await answersOf(part, Math.ceil(part.length / 2), ask)));
    }
  }
  return answers;
}
