import type { TensorSpec } from '../model/signature.ts';
import { bigRange } from './integer-range.ts';
import type { RawTensor } from './raw-tensor.ts';
import type { TensorRule } from './tensor-rule.ts';

/**
 * A tensor that keeps the rules for its input: of the least size they allow, one where they say nothing, and zero
 * throughout, or what of the allowed range is nearest to it.
 */
export function plainTensor(spec: TensorSpec, rule?: TensorRule): RawTensor {
  const shape = spec.shape.map((size, axis) => {
    if (size !== -1) return size;
    const allowed = rule?.shape?.[axis] ?? 1;
    return typeof allowed === 'number' ? allowed : Math.max(allowed.min ?? 1, 1);
  });
  return { shape, data: new Array(shape.reduce((product, size) => product * size, 1)).fill(element(spec, rule)) };
}

function element({ type }: TensorSpec, rule: TensorRule | undefined): unknown {
  if (type === 'string') return '';
  if (type === 'bool') return false;
  const nearest = Math.min(rule?.max ?? Infinity, Math.max(rule?.min ?? -Infinity, 0));
  if (bigRange(type) !== undefined) return BigInt(Math.ceil(nearest));
  return type.startsWith('float') ? nearest : Math.ceil(nearest);
}
