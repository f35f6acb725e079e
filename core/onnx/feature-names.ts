import { decodeText, type ProtobufField, protobufFields } from './protobuf.ts';

/**
 * Names of features that a model file tells of itself. ONNX has no field for them; exporters and people write them under
 * such keys into `metadata_props` of the model or its graph, or as the whole of a `doc_string`. Field numbers are those
 * of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */
const KEY = /^(?:input[_ -]?)?(?:feature|column)s?(?:[_ -]?names?)?(?:[_ -]?in_?)?$/i;

const MODEL = { doc: 6, graph: 7, metadata: 14 };
const GRAPH = { doc: 10, input: 11, metadata: 16 };
const INPUT_DOC = 3;

/**
 * The names of features in their order, as the model's metadata, its graph's or an input's description has them.
 *
 * @returns undefined where there is nothing that is certainly a list of names
 * @throws ProtobufError when it is no ONNX file
 */
export function featureNames(file: Uint8Array): string[] | undefined {
  const docs: string[] = [];
  for (const field of protobufFields(file)) {
    if (field.number === MODEL.metadata) {
      const names = fromEntry(field);
      if (names !== undefined) return names;
    } else if (field.number === MODEL.doc) docs.push(decodeText(field));
    else if (field.number === MODEL.graph) {
      const names = fromGraph(field.bytes, docs);
      if (names !== undefined) return names;
    }
  }
  return docs.map(listIn).find((names) => names !== undefined);
}

/** By the graph's metadata; what is written for people goes to `docs`. */
function fromGraph(graph: Uint8Array, docs: string[]): string[] | undefined {
  for (const field of protobufFields(graph)) {
    if (field.number === GRAPH.metadata) {
      const names = fromEntry(field);
      if (names !== undefined) return names;
    } else if (field.number === GRAPH.doc) docs.push(decodeText(field));
    else if (field.number === GRAPH.input)
      for (const part of protobufFields(field.bytes)) if (part.number === INPUT_DOC) docs.push(decodeText(part));
  }
  return undefined;
}

function fromEntry({ bytes }: ProtobufField): string[] | undefined {
  let [key, value] = ['', ''];
  for (const field of protobufFields(bytes)) {
    if (field.number === 1) key = decodeText(field);
    else if (field.number === 2) value = decodeText(field);
  }
  return KEY.test(key) ? (listIn(value) ?? separated(value)) : undefined;
}

/** A list of JSON, or of Python as its `str` writes it. */
function listIn(text: string): string[] | undefined {
  const list = text.trim();
  if (!list.startsWith('[') || !list.endsWith(']')) return undefined;
  for (const candidate of [list, list.replaceAll("'", '"')]) {
    try {
      const names: unknown = JSON.parse(candidate);
      return Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === 'string')
        ? names
        : undefined;
    } catch {
      // The other way of writing it may do.
    }
  }
  return undefined;
}

/** Names with commas between them, which neither a list nor an object is. */
function separated(text: string): string[] | undefined {
  if (/^\s*[[{]/.test(text)) return undefined;
  const names = text.split(',').map((name) => name.trim());
  return names.length > 1 && names.every((name) => name !== '') ? names : undefined;
}
