import { formatValue } from '../errors/format-value.ts';
import { halfBits } from '../model/half.ts';
import { isKept } from '../model/kept-text.ts';
import type { TensorSpec, TensorType } from '../model/signature.ts';
import type { TensorData, TensorValues } from '../model/tensor.ts';
import { ARRAYS, allocate, elementText, wholeOf } from './elements.ts';
import { InputError } from './input-error.ts';
import { bigRange, numberRange } from './integer-range.ts';
import type { RawTensor } from './raw-tensor.ts';

/**
 * Fills a tensor that the contract says nothing about: every element must be of the input's type, null is NaN.
 *
 * @throws InputError at the first element that is not
 */
export function fillOpaque(spec: TensorSpec, raw: RawTensor): TensorData {
  const { type } = spec;
  const { data, shape } = raw;
  // A typed array comes from bytes of the very type, except booleans, whose bytes may be anything.
  if (type !== 'bool' && type !== 'string' && data instanceof ARRAYS[type])
    return { type, shape, data: data as TensorValues };
  const length = data.length;
  const tensor = allocate(type, length);
  const element = reader(type);
  const flags = type === 'bool' && data instanceof Uint8Array;
  for (let i = 0; i < length; i++) {
    const value = data[i];
    const read = flags ? flagOf(data[i]!) : element(value);
    if (read === undefined)
      throw new InputError(`input ${spec.name}: element ${i} is ${formatValue(value)}, expected ${elementText(type)}`);
    tensor[i] = read;
  }
  return { type, shape, data: tensor };
}

/** Reads one JSON value as an element; undefined when it is none. */
function reader(type: TensorType): (value: unknown) => number | bigint | string | undefined {
  if (type === 'string') return (value) => (typeof value === 'string' && isKept(value) ? value : undefined);
  if (type === 'bool') return (value) => (typeof value === 'boolean' ? Number(value) : undefined);
  const big = bigRange(type);
  if (big !== undefined)
    return (value) => {
      const x = wholeOf(value);
      return x !== undefined && x >= big.lowest && x <= big.highest ? x : undefined;
    };
  const range = numberRange(type);
  if (range !== undefined)
    return (value) => {
      const x = typeof value === 'bigint' ? Number(value) : value;
      return typeof x === 'number' && Number.isInteger(x) && x >= range.lowest && x <= range.highest ? x : undefined;
    };
  return type === 'float16' ? (value) => mapped(floatOf(value), halfBits) : floatOf;
}

/** A boolean that came as a byte. */
const flagOf = (byte: number): number | undefined => (byte === 0 || byte === 1 ? byte : undefined);

/** A JSON value as a floating-point number, null as NaN. */
function floatOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value === null) return Number.NaN;
  return typeof value === 'bigint' || value instanceof Number ? Number(value) : undefined;
}

const mapped = (x: number | undefined, by: (x: number) => number): number | undefined =>
  x === undefined ? undefined : by(x);
