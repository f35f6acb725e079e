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
  const keys = specs.map((spec) => `${JSON.stringify(spec.name)}:`);
  const tensors = specs.map((spec) => result.outputs[spec.name]!);
  let text = '';
  for (let row = 0; row < rows; row++) {
    text += row === 0 ? '' : separator;
    if (specs.length === 1) {
      text += rowText(tensors[0]!, row, specs[0]!.name, tokens);
      continue;
    }
    for (let i = 0; i < specs.length; i++)
      text += `${i === 0 ? '{' : ','}${keys[i]}${rowText(tensors[i]!, row, specs[i]!.name, tokens)}`;
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

/** Row `row` of a tensor, nested. */
function rowText(tensor: TensorData, row: number, name: string, tokens: boolean): string {
  const width = tensor.data.length / tensor.shape[0]!;
  return sliceText(tensor, 1, row * width, width, name, tokens);
}

/** A tensor as nested arrays. */
export const nestedText = (tensor: TensorData, name: string, tokens = false): string =>
  sliceText(tensor, 0, 0, tensor.data.length, name, tokens);

/** The elements `from` … `from + length` as nested arrays, of the axes from `axis` on. */
function sliceText(
  tensor: TensorData,
  axis: number,
  from: number,
  length: number,
  name: string,
  tokens: boolean,
): string {
  const { shape } = tensor;
  if (axis >= shape.length) return flatText(tensor, from, from + 1, name, tokens);
  if (axis === shape.length - 1) return `[${flatText(tensor, from, from + length, name, tokens)}]`;
  const count = shape[axis]!;
  const width = count === 0 ? 0 : length / count;
  let text = '[';
  for (let i = 0; i < count; i++)
    text += `${i === 0 ? '' : ','}${sliceText(tensor, axis + 1, from + i * width, width, name, tokens)}`;
  return `${text}]`;
}

/** Outputs named `*_bytes` come back as `{"b64"}`. */
function flatText(tensor: TensorData, from: number, to: number, name: string, tokens: boolean): string {
  if (tensor.type !== 'string' || !name.endsWith('_bytes')) return elementsText(tensor, from, to, tokens);
  return (tensor.data as string[])
    .slice(from, to)
    .map((text) => `{"b64":"${Buffer.from(text, 'utf8').toString('base64')}"}`)
    .join(',');
}
