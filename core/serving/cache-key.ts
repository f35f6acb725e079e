import type { Signature } from '../model/signature.ts';
import type { TensorData, TensorValues } from '../model/tensor.ts';

/**
 * Writes an input as bytes, which hold until the next call.
 *
 * @param tensors one for each input of the signature, as the check has made them
 * @param outputs names of the outputs wanted; all by default
 */
export type InputBytes = (
  tensors: Readonly<Record<string, TensorData>>,
  outputs: readonly string[] | undefined,
) => Uint8Array;

/**
 * Compiles the canonical form of a model's input: equal for two requests exactly when the model cannot tell them apart,
 * in whatever protocol they came. It begins with the scope (whatever else the answer depends on: the digests of model
 * and contract), then the outputs wanted as a set, then each input in the order of the signature: its shape, then its
 * elements. Whatever varies in length has its length before it, so that no two inputs run into the same bytes.
 *
 * Every not-a-number is the same one, for no operator looks into it; 0 and -0 are two, for one divided by them is.
 */
export function compileInputBytes(scope: string, signature: Signature): InputBytes {
  const inputs = signature.inputs.map(({ name }) => name);
  const all = signature.outputs.map(({ name }) => name);
  const writer = new Writer(scope);
  return (tensors, outputs) => {
    writer.restart();
    for (const name of all) writer.length(outputs === undefined || outputs.includes(name) ? 1 : 0);
    for (const name of inputs) writer.tensor(tensors[name]!);
    return writer.written();
  };
}

/** Bytes written one after the other into a block that grows and is used again. */
class Writer {
  private readonly start: number;
  private at = 0;
  private block = new Uint8Array(1_024);
  private view = new DataView(this.block.buffer);

  constructor(scope: string) {
    this.text(scope);
    this.start = this.at;
  }

  restart(): void {
    this.at = this.start;
  }

  written(): Uint8Array {
    return this.block.subarray(0, this.at);
  }

  length(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.at, value, true);
    this.at += 4;
  }

  tensor({ shape, data }: TensorData): void {
    this.length(shape.length);
    for (const dimension of shape) this.length(dimension);
    this.length(data.length);
    if (Array.isArray(data)) for (const text of data) this.text(text);
    else this.numbers(data);
  }

  /** UTF-16 units. */
  private text(text: string): void {
    this.length(text.length);
    this.reserve(2 * text.length);
    for (let i = 0; i < text.length; i++, this.at += 2) this.view.setUint16(this.at, text.charCodeAt(i), true);
  }

  private numbers(data: Exclude<TensorValues, string[]>): void {
    const from = this.at;
    this.reserve(data.byteLength);
    this.block.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), from);
    this.at += data.byteLength;
    if (data instanceof Float32Array) {
      for (let i = 0; i < data.length; i++)
        if (Number.isNaN(data[i])) this.view.setUint32(from + 4 * i, 0x7fc0_0000, true);
    } else if (data instanceof Float64Array) {
      for (let i = 0; i < data.length; i++)
        if (Number.isNaN(data[i])) this.view.setBigUint64(from + 8 * i, 0x7ff8_0000_0000_0000n, true);
    }
  }

  private reserve(bytes: number): void {
    const needed = this.at + bytes;
    if (needed <= this.block.length) return;
    const larger = new Uint8Array(2 ** Math.ceil(Math.log2(needed)));
    larger.set(this.block.subarray(0, this.at));
    this.block = larger;
    this.view = new DataView(larger.buffer);
  }
}
