import type { Signature } from '../model/signature.ts';
import type { TensorData, TensorValues } from '../model/tensor.ts';

/**
 * Writes a model's input as bytes. The buffer is used again by the next call.
 *
 * @param tensors one for each input of the signature, checked against the contract
 * @param outputs names of the requested outputs; all by default
 */
export type InputBytes = (
  tensors: Readonly<Record<string, TensorData>>,
  outputs: readonly string[] | undefined,
) => Uint8Array;

/**
 * Compiles a function that writes a model's input in a canonical form. Two requests give the same bytes exactly when
 * the model cannot tell them apart, whatever their protocols.
 *
 * The form is: the scope; the requested outputs as a set; then each input in the order of the signature, its shape and
 * its elements. Everything of variable length has its length in front, so that no two inputs give the same bytes.
 *
 * All NaNs are written alike, because no operator looks into one. 0 and -0 are not, because 1/x tells them apart.
 *
 * @param scope whatever else the answer depends on, such as the digests of model and contract
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
