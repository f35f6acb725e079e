import type { Repair } from '../model/repair.ts';
import { namedClasses } from './class-lists.ts';
import { type GraphNode, readGraph } from './graph.ts';
import {
  concatBytes,
  decodeText,
  encodeAgain,
  encodeField,
  encodeVarintField,
  type ProtobufField,
  protobufFields,
} from './protobuf.ts';
import type { RepairedModel } from './repaired-model.ts';

/** Opset of the standard operators that is stated where a model, such as CatBoost's, states none. */
const OPSET = 8;

/** Columns of what a ZipMap makes maps of, by the tensor that it gives. */
type Cuts = ReadonlyMap<string, number>;

/**
 * Makes every output that is a sequence of maps (class to probability, by ZipMap) the tensor [rows, classes] behind it,
 * under the same name: the ZipMap becomes an Identity. What converters make by default: skl2onnx, onnxmltools for
 * LightGBM, CatBoost.
 *
 * @throws ProtobufError
 */
export function cutMaps(file: Uint8Array): RepairedModel {
  const { nodes, outputs, frame } = readGraph(file);
  const cuts = cutsOf(
    nodes,
    outputs.map(({ name }) => name),
  );
  if (cuts.size === 0) return { bytes: file, repairs: [] };
  const repairs = outputs.flatMap(({ name }): Repair[] => {
    const classes = cuts.get(name);
    if (classes === undefined) return [];
    const done = `output ${name} is the tensor [rows, ${classes}] behind its maps`;
    return [{ kind: 'map-output', at: name, done }];
  });
  const opset = frame.some((field) => field.number === 8 && domainOf(field) === '')
    ? []
    : [encodeField(8, concatBytes([encodeField(1, ''), encodeVarintField(2, OPSET)]))];
  const parts = [...protobufFields(file)].map((field) =>
    field.number === 7 ? encodeField(7, rewriteGraph(field.bytes, cuts)) : encodeAgain(field),
  );
  return { bytes: concatBytes([...parts, ...opset]), repairs };
}

/** ZipMaps, and what passes their maps on, that lead to outputs and to nothing else. */
function cutsOf(nodes: readonly GraphNode[], outputs: readonly string[]): Cuts {
  const cuts = new Map<string, number>();
  const readers = new Map<string, GraphNode[]>();
  for (const node of nodes) for (const input of node.inputs) readers.set(input, [...(readers.get(input) ?? []), node]);
  for (const node of nodes) {
    const columns = isZipMap(node) ? classesOf(node) : 0;
    const maps = columns === 0 ? [] : passedOn(node.outputs[0]!, readers);
    if (maps?.some((name) => outputs.includes(name))) for (const name of maps) cuts.set(name, columns);
  }
  return cuts;
}

/** The names under which maps are passed on; undefined where an operator reads them as maps. */
function passedOn(maps: string, readers: ReadonlyMap<string, readonly GraphNode[]>): string[] | undefined {
  const names = [maps];
  for (const name of names)
    for (const node of readers.get(name) ?? []) {
      if (node.op !== 'Identity' || node.domain !== '') return undefined;
      names.push(node.outputs[0]!);
    }
  return names;
}

const isZipMap = ({ op, domain }: GraphNode): boolean => op === 'ZipMap' && domain === 'ai.onnx.ml';

const classesOf = (node: GraphNode): number => namedClasses(node)?.length ?? 0;

function rewriteGraph(graph: Uint8Array, cuts: Cuts): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const field of protobufFields(graph)) {
    const { number, bytes } = field;
    if (number === 1) parts.push(encodeField(1, rewriteNode(bytes, cuts)));
    else if (number === 12) parts.push(encodeField(12, rewriteOutput(bytes, cuts)));
    // value_info states the type of a tensor within: it would still say that there are maps.
    else if (number !== 13 || !cuts.has(firstText(bytes))) parts.push(encodeAgain(field));
  }
  return concatBytes(parts);
}

function rewriteNode(node: Uint8Array, cuts: Cuts): Uint8Array {
  const fields = [...protobufFields(node)];
  const isCut =
    fields.some((field) => field.number === 4 && decodeText(field) === 'ZipMap') &&
    fields.some((field) => field.number === 2 && cuts.has(decodeText(field)));
  if (!isCut) return node;
  // Its attributes and its domain go.
  const kept = fields.filter(({ number }) => number !== 5 && number !== 7);
  return concatBytes(kept.map((field) => (field.number === 4 ? encodeField(4, 'Identity') : encodeAgain(field))));
}

/** A ValueInfoProto: its type becomes a tensor of float32, [free, classes]. */
function rewriteOutput(value: Uint8Array, cuts: Cuts): Uint8Array {
  const columns = cuts.get(firstText(value));
  if (columns === undefined) return value;
  const shape = concatBytes([encodeField(1, new Uint8Array(0)), encodeField(1, encodeVarintField(1, columns))]);
  const type = encodeField(1, concatBytes([encodeVarintField(1, 1), encodeField(2, shape)]));
  const parts = [...protobufFields(value)].map((field) =>
    field.number === 2 ? encodeField(2, type) : encodeAgain(field),
  );
  return concatBytes(parts);
}

/** The name of a ValueInfoProto, or the domain of an operator set. */
function firstText(message: Uint8Array): string {
  for (const field of protobufFields(message)) if (field.number === 1) return decodeText(field);
  return '';
}

function domainOf({ bytes }: ProtobufField): string {
  const domain = firstText(bytes);
  return domain === 'ai.onnx' ? '' : domain;
}
