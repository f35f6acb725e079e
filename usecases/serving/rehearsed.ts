import { restoreTensor } from '../../core/rehearsal/kept-tensor.ts';
import type { KeptTensor, Rehearsal } from '../../core/rehearsal/rehearsal.ts';
import { answerMismatch } from '../../core/rehearsal/same-answer.ts';
import type { OnnxModel } from '../../platform/onnx/model.ts';

/** A version does not answer as it did when it was registered. */
export class RehearsalMismatchError extends Error {
  override readonly name = 'RehearsalMismatchError';
}

/**
 * Asks a model about the rows that it was rehearsed on: whatever is built lazily is built, and one that runs here
 * otherwise than where it was registered is found out before it gets traffic.
 *
 * @throws RehearsalMismatchError, or whatever a run throws
 */
export async function repeatRehearsal(model: OnnxModel, { kept }: Pick<Rehearsal, 'kept'>): Promise<void> {
  for (const [row, { inputs, outputs }] of kept.entries()) {
    const feeds = tensorsOf(inputs);
    let found: Awaited<ReturnType<OnnxModel['run']>>;
    try {
      found = await model.run(feeds);
    } catch (cause) {
      throw new RehearsalMismatchError(
        `it cannot answer row ${row} of its rehearsal, which it answered when it was registered: ${(cause as Error).message}`,
        { cause },
      );
    }
    for (const [name, expected] of Object.entries(tensorsOf(outputs))) {
      const given = Object.hasOwn(found, name) ? found[name] : undefined;
      const mismatch = given === undefined ? 'is not there' : answerMismatch(expected, given);
      if (mismatch !== undefined)
        throw new RehearsalMismatchError(
          `it does not answer row ${row} of its rehearsal as it did when it was registered: output ${name} ${mismatch}`,
        );
    }
  }
}

/** Tensors as a model takes and gives them. */
export const tensorsOf = (tensors: Readonly<Record<string, KeptTensor>>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, restoreTensor(tensor)]));
