import type { TensorSpec } from '../../model/signature.ts';
import type { TensorData } from '../../model/tensor.ts';
import type { InferResult } from '../protocol.ts';
import { elementsText } from './tensors.ts';

/** The batch size that all outputs have in common; undefined when they have none. */
export function commonRows(result: InferResult, specs: readonly TensorSpec[]): number | undefined {
  const rows = result.outputs[specs[0]!.name]!.shape[0];
  return specs.every(({ name }) => result.outputs[name]!.shape[0] === rows) ? rows : undefined;
}

/** One prediction a row: bare for one output, else an object. */
export function rowsText(
  result: InferResult,
  specs: readonly TensorSpec[],
  rows: number,
  { separator = ',', tokens = false }: { readonly separator?: ',' | '\n'; readonly tokens?: boolean } = {},
): string {
  const keys = specs.map(({ name }) => `${JSON.stringify(name)}:`);
  const outputs = specs.map(({ name }) => new NestedText(result.outputs[name]!, name, tokens));
  let text = '';
  for (let row = 0; row < rows; row++) {
    text += row === 0 ? '' : separator;
    if (outputs.length === 1) {
      text += outputs[0]!.row(row);
      continue;
    }
    for (let i = 0; i < outputs.length; i++) text += `${i === 0 ? '{' : ','}${keys[i]}${outputs[i]!.row(row)}`;
    text += '}';
  }
  return text;
}

/** The prediction of the one instance there was, or a list of them; whole tensors where the outputs are not by row. */
export function predictionsText(result: InferResult, specs: readonly TensorSpec[], single: boolean): string {
  const rows = commonRows(result, specs);
  if (rows === undefined) return columnsText(result, specs);
  const text = rowsText(result, specs, rows);
  return single && rows === 1 ? text : `[${text}]`;
}

/** The whole tensors: bare for one output, else an object. */
export function columnsText(result: InferResult, specs: readonly TensorSpec[], tokens = false): string {
  const texts = specs.map(({ name }) => nestedText(result.outputs[name]!, name, tokens));
  return specs.length === 1
    ? texts[0]!
    : `{${specs.map(({ name }, i) => `${JSON.stringify(name)}:${texts[i]}`).join(',')}}`;
}

/** A tensor as nested arrays. */
export const nestedText = (tensor: TensorData, name: string, tokens = false): string =>
  new NestedText(tensor, name, tokens).whole();

/** Writes a tensor, or rows of it, as nested arrays; made once for all rows of an output. */
class NestedText {
  /** Outputs named `*_bytes` come back as `{"b64"}`. */
  private readonly base64: boolean;

  constructor(
    private readonly tensor: TensorData,
    name: string,
    private readonly tokens: boolean,
  ) {
    this.base64 = tensor.type === 'string' && name.endsWith('_bytes');
  }

  whole(): string {
    return this.slice(0, 0, this.tensor.data.length);
  }

  row(row: number): string {
    const width = this.tensor.data.length / this.tensor.shape[0]!;
    return this.slice(1, row * width, width);
  }

  /** The elements `from` … `from + length`, nested by the axes from `axis` on. */
  private slice(axis: number, from: number, length: number): string {
    const { shape } = this.tensor;
    if (axis >= shape.length) return this.elements(from, from + 1);
    if (axis === shape.length - 1) return `[${this.elements(from, from + length)}]`;
    const count = shape[axis]!;
    const width = count === 0 ? 0 : length / count;
    let text = '[';
    for (let i = 0; i < count; i++) text += `${i === 0 ? '' : ','}${this.slice(axis + 1, from + i * width, width)}`;
    return `${text}]`;
  }

  private elements(from: number, to: number): string {
    if (!this.base64) return elementsText(this.tensor, from, to, this.tokens);
    return (this.tensor.data as string[])
      .slice(from, to)
      .map((text) => `{"b64":"${Buffer.from(text, 'utf8').toString('base64')}"}`)
      .join(',');
  }
}
