import type { TensorSpec } from '../../model/signature.ts';
import type { TensorData } from '../../model/tensor.ts';
import { type InferResult, ProtocolError } from '../protocol.ts';
import { elementsText } from './tensors.ts';

/**
 * How rows were asked about: one alone, a list of them, or whole tensors. A list is answered by a list of the same
 * length, or not at all.
 */
export type Asking = 'instance' | 'rows' | 'columns';

/** Whether every output has one row for each that was asked about. */
export const isByRow = ({ rows, outputs }: InferResult, specs: readonly TensorSpec[]): boolean =>
  specs.every(({ name }) => outputs[name]!.shape[0] === rows);

/**
 * For answers that are rows.
 *
 * @param instead what the caller may send or accept, for people
 * @throws ProtocolError 400 unless every output has one row for each that was asked about
 */
export function assertByRow(
  result: InferResult,
  specs: readonly TensorSpec[],
  instead = 'send whole tensors as inputs, or use v2',
): void {
  const { rows, outputs } = result;
  const other = specs.find(({ name }) => outputs[name]!.shape[0] !== rows);
  if (other !== undefined)
    throw new ProtocolError(
      400,
      `${rows} ${rows === 1 ? 'row was' : 'rows were'} asked about, and output ${other.name} has shape ` +
        `[${outputs[other.name]!.shape}]: the model does not answer row by row, ${instead}`,
    );
}

/** One prediction a row: bare for one output, else an object. Only where {@link isByRow}. */
export function rowsText(
  result: InferResult,
  specs: readonly TensorSpec[],
  { separator = ',', tokens = false }: { readonly separator?: ',' | '\n'; readonly tokens?: boolean } = {},
): string {
  const keys = specs.map(({ name }) => `${JSON.stringify(name)}:`);
  const outputs = specs.map(({ name }) => new NestedText(result.outputs[name]!, name, tokens));
  let text = '';
  for (let row = 0; row < result.rows; row++) {
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

/**
 * The prediction of the one instance there was, or a list of them; whole tensors where the outputs are not by row, and
 * no list was asked about.
 *
 * @throws ProtocolError 400 as {@link assertByRow} does
 */
export function predictionsText(
  result: InferResult,
  specs: readonly TensorSpec[],
  { asking, instead }: { readonly asking: Asking; readonly instead?: string },
): string {
  if (asking === 'rows') assertByRow(result, specs, instead);
  if (!isByRow(result, specs)) return columnsText(result, specs);
  const text = rowsText(result, specs);
  return asking === 'instance' && result.rows === 1 ? text : `[${text}]`;
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
