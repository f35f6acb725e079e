import { InputError } from '../../contract/input-error.ts';
import type { RawTensor } from '../../contract/raw-tensor.ts';
import type { TensorSpec } from '../../model/signature.ts';
import type { HttpRequest, HttpResponse } from '../../serving/http.ts';
import { MAX_ROWS, parseCsv } from '../formats/csv.ts';
import { readInputs, readInstances, readValue } from '../formats/instance.ts';
import { bodyText, parseJson } from '../formats/json.ts';
import { accepted, isJsonType, mediaOf } from '../formats/media.ts';
import { type Asking, assertByRow, columnsText, isByRow, rowsText } from '../formats/nested.ts';
import { csvLines, jsonLines } from '../formats/row-formats.ts';
import { recordsTable, tableInputs, textTable } from '../formats/table.ts';
import { assertComplete, kindOf } from '../formats/tensors.ts';
import { isObject, type Json } from '../formats/values.ts';
import {
  clip,
  type InferCall,
  type InferResult,
  type Parameters,
  ProtocolError,
  type ProtocolModel,
} from '../protocol.ts';
import { decodeRaw, takesFiles } from '../v2/binary.ts';

/** What two servers mean by one path: MLflow knows no other keys than its own, SageMaker's TensorFlow answers by column. */
export type Dialect = 'mlflow' | 'sagemaker';

interface Body {
  readonly inputs: Map<string, RawTensor>;
  readonly asking: Asking;
  readonly parameters?: Parameters | undefined;
}

const JSON_LINES = /^application\/(?:x-)?(?:jsonlines|jsonl|ndjson)$/;

/**
 * Decodes the body of an invocation: JSON, JSON lines or CSV, by its content type; without one it is JSON.
 *
 * @throws ProtocolError 415 for anything else
 */
export function decodeInvocation(request: HttpRequest, protocolModel: ProtocolModel, dialect: Dialect): InferCall {
  const { type } = mediaOf(request.headers['content-type']);
  const { inputs, asking, parameters } = bodyOf(request, type, protocolModel, dialect);
  assertComplete(protocolModel, inputs);
  const answer = accepted(request.headers.accept, ['application/json', 'text/csv', 'application/jsonlines']);
  const specs = protocolModel.signature.outputs;
  return {
    inputs,
    ...(parameters === undefined ? {} : { parameters }),
    encode(result) {
      if (answer === 'text/csv') return csvLines(result, specs);
      if (answer === 'application/jsonlines') return jsonLines(result, specs, asking);
      return jsonAnswer(result, specs, asking, dialect);
    },
  };
}

/** What SageMaker's own vision models take, and bytes that say no more than that. */
const BYTES = /^(?:image\/[\w.+-]+|application\/(?:x-image|octet-stream))$/;

function bodyOf(request: HttpRequest, type: string, protocolModel: ProtocolModel, dialect: Dialect): Body {
  const [spec, second] = protocolModel.signature.inputs;
  const file = spec !== undefined && second === undefined && takesFiles(spec) ? spec : undefined;
  if (file !== undefined && BYTES.test(type))
    return { inputs: new Map([[file.name, decodeRaw(file, request.body)]]), asking: 'instance' };
  const text = bodyText(request.body);
  if (type === '' || isJsonType(type)) return readMessage(parseJson(text, protocolModel.exact), protocolModel, dialect);
  if (type === 'text/csv')
    return { inputs: tableInputs(textTable(parseCsv(text), protocolModel), protocolModel), asking: 'rows' };
  if (JSON_LINES.test(type)) return { inputs: readLines(text, protocolModel), asking: 'rows' };
  const types = `application/json, application/jsonlines${file === undefined ? '' : ', image/png, image/jpeg'} or text/csv`;
  throw new ProtocolError(415, `content type ${clip(type)} is not supported, use ${types}`);
}

const FORMS = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;

function readMessage(message: unknown, protocolModel: ProtocolModel, dialect: Dialect): Body {
  const forms = isObject(message) ? FORMS.filter((form) => Object.hasOwn(message, form)) : [];
  const [form, second] = forms;
  if (!isObject(message) || form === undefined) return readValue(message, protocolModel);
  if (second !== undefined)
    throw new ProtocolError(400, `expected exactly one of ${FORMS.join(', ')}, found ${forms.join(' and ')}`);
  const { params } = message;
  if (params !== undefined && params !== null && !isObject(params))
    throw new ProtocolError(400, `params is ${kindOf(params)}, expected an object`);
  if (dialect === 'mlflow') {
    const extra = Object.keys(message).find((key) => key !== form && key !== 'params');
    if (extra !== undefined) throw new ProtocolError(400, `no key ${clip(extra)}, expected ${form} and params only`);
  }
  const value = message[form];
  return { ...readForm(form, value, protocolModel), parameters: params ?? undefined };
}

function readForm(form: (typeof FORMS)[number], value: unknown, protocolModel: ProtocolModel): Body {
  switch (form) {
    case 'dataframe_split':
      return { inputs: readSplit(value, protocolModel), asking: 'rows' };
    case 'dataframe_records':
      if (!Array.isArray(value)) throw new InputError(`dataframe_records is ${kindOf(value)}, expected an array`);
      return { inputs: tableInputs(recordsTable(value), protocolModel, { extra: true }), asking: 'rows' };
    case 'instances':
      return { inputs: readInstances(value, protocolModel), asking: 'rows' };
    case 'inputs':
      // KServe takes it for another word for `instances`.
      if (Array.isArray(value) && isObject(value[0]) && !('b64' in value[0]))
        return { inputs: readInstances(value, protocolModel), asking: 'rows' };
      return { inputs: readInputs(value, protocolModel), asking: 'columns' };
  }
}

/** A data frame as pandas writes it with `orient="split"`. */
function readSplit(frame: unknown, protocolModel: ProtocolModel): Map<string, RawTensor> {
  if (!isObject(frame)) throw new InputError(`dataframe_split is ${kindOf(frame)}, expected an object`);
  const { columns, data, index } = frame as Json;
  if (!Array.isArray(data) || !data.every(Array.isArray))
    throw new InputError('dataframe_split.data is no array of rows, each an array');
  if (columns !== undefined && !Array.isArray(columns))
    throw new InputError(`dataframe_split.columns is ${kindOf(columns)}, expected an array of names`);
  if (index !== undefined && (!Array.isArray(index) || index.length !== data.length))
    throw new InputError(`dataframe_split.index does not have one entry for each of ${data.length} rows`);
  return tableInputs({ columns: columns?.map(String), rows: data }, protocolModel, { extra: true });
}

/** One instance a line. */
function readLines(text: string, protocolModel: ProtocolModel): Map<string, RawTensor> {
  const values: unknown[] = [];
  for (let from = 0, to: number; from < text.length; from = to + 1) {
    to = text.indexOf('\n', from);
    if (to === -1) to = text.length;
    const line = text.slice(from, to);
    if (line.trim() === '') continue;
    // One for the header that CSV may have.
    if (values.length === MAX_ROWS - 1) throw new ProtocolError(400, `there are more than ${MAX_ROWS - 1} lines`);
    values.push(parseJson(line, protocolModel.exact));
  }
  if (values.length === 0) throw new InputError('there are no lines, expected at least one');
  const [first] = values;
  // Rows of the table of a model with several inputs have no names.
  if (Array.isArray(first) && protocolModel.inputs.size > 1) return readValue(values, protocolModel).inputs;
  return readInstances(values, protocolModel);
}

function jsonAnswer(result: InferResult, specs: readonly TensorSpec[], asking: Asking, dialect: Dialect): HttpResponse {
  if (asking === 'rows') assertByRow(result, specs);
  const byRow = isByRow(result, specs) ? `[${rowsText(result, specs)}]` : undefined;
  const columns = asking === 'columns' || byRow === undefined ? columnsText(result, specs) : undefined;
  const body =
    dialect === 'mlflow' || columns === undefined
      ? `{"predictions":${(dialect === 'mlflow' ? columns : byRow) ?? byRow}}`
      : `{${byRow === undefined ? '' : `"predictions":${byRow},`}"outputs":${columns}}`;
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}
