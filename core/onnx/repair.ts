import { cutMaps } from './cut-maps.ts';
import { inspectModel } from './inspect.ts';
import type { RepairedModel } from './repaired-model.ts';
import { setLocales } from './string-locale.ts';

/**
 * A model as it can be served: outputs that are sequences of maps become the tensors behind them, and texts are
 * normalised alike on every machine. All else stays as it was, byte for byte; the same file gives the same result.
 *
 * @throws ProtobufError
 */
export function repairModel(file: Uint8Array): RepairedModel {
  const { operators } = inspectModel(file);
  let repaired: RepairedModel = { bytes: file, repairs: [] };
  const apply = (repair: (bytes: Uint8Array) => RepairedModel): void => {
    const { bytes, repairs } = repair(repaired.bytes);
    if (repairs.length > 0) repaired = { bytes, repairs: [...repaired.repairs, ...repairs] };
  };
  if (operators.get('ai.onnx.ml')?.has('ZipMap')) apply(cutMaps);
  if (operators.get('')?.has('StringNormalizer')) apply(setLocales);
  return repaired;
}
