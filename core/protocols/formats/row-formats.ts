import type { TensorSpec } from '../../model/signature.ts';
import type { TensorData } from '../../model/tensor.ts';
import type { HttpResponse } from '../../serving/http.ts';
import type { InferResult } from '../protocol.ts';
import { csvCell } from './csv.ts';
import { type Asking, assertByRow, columnsText, isByRow, rowsText } from './nested.ts';
import { elementsText } from './tensors.ts';

/**
 * One prediction a line, as JSON; the whole tensors on one line where the outputs are not by row, and no list of rows
 * was asked about.
 *
 * @throws ProtocolError 400 as assertByRow does
 */
export function jsonLines(result: InferResult, specs: readonly TensorSpec[], asking: Asking): HttpResponse {
  if (asking === 'rows') assertByRow(result, specs);
  const text = isByRow(result, specs) ? rowsText(result, specs, { separator: '\n' }) : columnsText(result, specs);
  return { status: 200, headers: { 'content-type': 'application/jsonlines' }, body: `${text}\n` };
}

/**
 * One prediction a line, the elements of all outputs side by side, without a header; what is no number is empty.
 *
 * @throws ProtocolError 400 when the outputs are not by row
 */
export function csvLines(result: InferResult, specs: readonly TensorSpec[]): HttpResponse {
  const { rows } = result;
  assertByRow(result, specs, 'send whole tensors as inputs and accept application/json instead of text/csv, or use v2');
  let text = '';
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < specs.length; i++)
      text += `${i === 0 ? '' : ','}${cells(result.outputs[specs[i]!.name]!, row, rows)}`;
    text += '\n';
  }
  return { status: 200, headers: { 'content-type': 'text/csv' }, body: text };
}

function cells(tensor: TensorData, row: number, rows: number): string {
  const width = tensor.data.length / rows;
  const [from, to] = [row * width, (row + 1) * width];
  if (tensor.type === 'string') return (tensor.data as string[]).slice(from, to).map(csvCell).join(',');
  return elementsText(tensor, from, to).replaceAll('null', '');
}
