import { InputError } from '../../contract/input-error.ts';
import type { RawTensor } from '../../contract/raw-tensor.ts';
import type { TensorSpec } from '../../model/signature.ts';
import { cellValue } from '../formats/cell.ts';
import { type Read, readValue } from '../formats/instance.ts';
import { bodyText, parseJson } from '../formats/json.ts';
import { isJsonType, type Media, mediaOf } from '../formats/media.ts';
import { parseMultipart } from '../formats/multipart.ts';
import { type TableColumn, tableColumns, tableInputs } from '../formats/table.ts';
import { readRowsOf } from '../formats/values.ts';
import { clip, ProtocolError, type ProtocolModel } from '../protocol.ts';
import { decodeRaw, takesBytes } from '../v2/binary.ts';

/** One field of a form. */
export interface FormField {
  readonly name: string;
  /** Of a part that says so. */
  readonly type?: string | undefined;
  readonly body: Uint8Array | string;
}

const MAX_FIELDS = 10_000;

/**
 * The fields of a form of either kind.
 *
 * @throws ProtocolError 400 or 413
 */
export function formFields(body: Uint8Array | string, media: Media): FormField[] {
  if (media.type === 'multipart/form-data')
    return parseMultipart(
      typeof body === 'string' ? new TextEncoder().encode(body) : body,
      media.parameters.boundary,
    ).map(({ name, type, filename, body: content }) => ({
      name,
      // A file of no type is bytes; a field of no type is text.
      type: type ?? (filename === undefined ? undefined : 'application/octet-stream'),
      body: content,
    }));
  const text = bodyText(body);
  let fields = 1;
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1))
    if (++fields > MAX_FIELDS) throw new ProtocolError(413, `the form has more than ${MAX_FIELDS} fields`);
  return [...new URLSearchParams(text)].map(([name, value]) => ({ name, body: value }));
}

/**
 * One instance out of a form: its fields are the model's inputs, or the columns of its table.
 *
 * @throws ProtocolError or InputError
 */
export function readFields(fields: readonly FormField[], protocolModel: ProtocolModel): Read {
  const seen = new Set<string>();
  for (const { name } of fields) {
    if (seen.has(name)) throw new InputError(`field ${clip(name)} is given twice`);
    seen.add(name);
  }
  const raw = new Map<string, RawTensor>();
  const values: Record<string, unknown> = Object.create(null);
  if (fields.every(({ name }) => protocolModel.inputs.has(name))) {
    const kinds = new Map(tableColumns(protocolModel).map((column) => [column.spec, column]));
    for (const field of fields) {
      const spec = protocolModel.inputs.get(field.name)!;
      if (isBinary(field, spec)) raw.set(spec.name, decodeRaw(spec, field.body));
      else values[spec.name] = fieldValue(field, kinds.get(spec)!, protocolModel);
    }
    if (raw.size === 0) return readValue(values, protocolModel);
    for (const name of Object.keys(values))
      raw.set(name, readRowsOf(protocolModel.inputs.get(name)!, [values[name]], false));
    return { inputs: raw, asking: 'instance' };
  }
  const columns = new Map(tableColumns(protocolModel).map((column) => [column.name, column]));
  const row = fields.map((field) => {
    const column = columns.get(field.name);
    if (column === undefined)
      throw new InputError(
        `no field named ${clip(field.name)}, the model takes ${[...protocolModel.inputs.keys()].slice(0, 20).join(', ')}`,
      );
    return fieldValue(field, column, protocolModel);
  });
  return {
    inputs: tableInputs({ columns: fields.map(({ name }) => name), rows: [row] }, protocolModel),
    asking: 'instance',
  };
}

/** Bytes that are no text: what has a type of its own that is neither text nor JSON. */
function isBinary(field: FormField, spec: TensorSpec): boolean {
  const type = mediaOf(field.type).type;
  return takesBytes(spec) && type !== '' && !type.startsWith('text/') && !isJsonType(type);
}

function fieldValue(
  field: FormField,
  { spec, kind }: Pick<TableColumn, 'spec' | 'kind'>,
  { missingTokens }: ProtocolModel,
): unknown {
  const text = bodyText(field.body);
  if (isJsonType(mediaOf(field.type).type)) return parseJson(text, true);
  // Arrays have no other way into a form.
  if (spec.type !== 'string' && text.trimStart().startsWith('[')) return parseJson(text, true);
  return cellValue(kind, text === '' ? null : text, missingTokens);
}
