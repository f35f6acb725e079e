import type { BoundInput } from '../../core/contract/bind.ts';
import { type Checked, compileCheck } from '../../core/contract/check.ts';
import type { Contract } from '../../core/contract/contract.ts';
import { bigRange, integerRange } from '../../core/contract/integer-range.ts';
import type { RawTensor } from '../../core/contract/raw-tensor.ts';
import type { Background } from '../../core/explain/background.ts';
import type { Signature, TensorType } from '../../core/model/signature.ts';
import type { TensorData } from '../../core/model/tensor.ts';

type Rows = Background['rows'];

/** How rows of a background become what the model takes. */
export interface BackgroundReader {
  /** Whether the model can be asked about a row: each of its values is one that its input has an element for. */
  admits(row: Rows[number]): boolean;
  /** @param rows those that are admitted */
  tensorsOf(rows: Rows): Record<string, TensorData>;
}

/** Whether an input has an element for a missing value: integers and booleans have none. */
export const holdsMissing = (type: TensorType): boolean =>
  type === 'string' || (type !== 'bool' && integerRange(type) === undefined);

/**
 * Compiles how a background is read. What a row has is what the reference had, so nothing is refused that the model can
 * be asked about, whatever the contract says of it.
 */
export function backgroundReader(
  contract: Contract,
  signature: Signature,
  bound: readonly BoundInput[],
): BackgroundReader {
  const types = new Map(
    bound.flatMap(({ spec, features }) => features.map(({ feature }) => [feature.name, spec.type])),
  );
  const lenient = {
    ...contract,
    // Of whole tensors there is nothing in a background.
    tensors: [],
    features: contract.features.map((feature) => ({
      ...feature,
      ...(holdsMissing(types.get(feature.name)!) ? { missing: 'allow' as const } : {}),
      onViolation: 'flag' as const,
    })),
  };
  const check = compileCheck(lenient, signature);
  const checked = (rows: Rows): Checked => check.run(rawTensors(bound, rows), false);
  return {
    admits: (row) => checked([row]).rejected === 0,
    tensorsOf: (rows) => checked(rows).tensors,
  };
}

function rawTensors(bound: readonly BoundInput[], rows: Rows): Map<string, RawTensor> {
  const inputs = new Map<string, RawTensor>();
  let from = 0;
  for (const { spec, columns } of bound) {
    if (columns === 0) {
      // The row's own is used for it: nothing is read of what stands here.
      inputs.set(spec.name, { shape: [0], data: [] });
      continue;
    }
    const first = from;
    const shape = spec.shape.length === 1 ? [rows.length] : [rows.length, columns];
    inputs.set(spec.name, {
      shape,
      data: rows.flatMap((row) => row.slice(first, first + columns).map(elementOf(spec.type))),
    });
    from += columns;
  }
  return inputs;
}

/**
 * A value as it would come in a request. Personal features have none here, and none is ever read: anything that the
 * tensor takes will do. Integers beyond 2^53 that are drawn from a column's profile are doubles.
 */
function elementOf(type: TensorType): (value: unknown) => unknown {
  const blank = blankOf(type);
  const big = bigRange(type) !== undefined;
  return (value) => {
    if (value === undefined) return blank;
    return big && Number.isInteger(value) ? BigInt(value as number) : value;
  };
}

function blankOf(type: TensorType): string | boolean | bigint | number {
  if (type === 'string') return '';
  if (type === 'bool') return false;
  return bigRange(type) === undefined ? 0 : 0n;
}
