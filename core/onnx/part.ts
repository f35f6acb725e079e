import type { GraphNode, OnnxGraph } from './graph.ts';
import { concatBytes, decodeText, encodeField, encodeVarintField, protobufFields } from './protobuf.ts';

/** A tensor of a part that is given under a name of its own. */
export interface PartOutput {
  readonly tensor: string;
  readonly name: string;
}

/**
 * Writes a part of a graph as a model of its own: the nodes given, with the constants and inputs they read. ONNX
 * Runtime infers the types of its outputs.
 *
 * @param nodes   bytes of nodes, in an order in which they can be run
 * @param outputs tensors of the part that it gives
 */
export function writePart(
  graph: OnnxGraph,
  nodes: readonly { readonly node: GraphNode; readonly bytes: Uint8Array }[],
  outputs: readonly PartOutput[],
): Uint8Array {
  const read = new Set([...nodes.flatMap(({ node }) => node.inputs), ...outputs.map(({ tensor }) => tensor)]);
  const constants = [...graph.constants.values()].filter(({ name }) => read.has(name));
  // Older files list constants among the inputs, too.
  const inputs = graph.inputs.filter(({ name }) => read.has(name) && !graph.constants.has(name));
  const message = concatBytes([
    ...nodes.map(({ bytes }) => encodeField(1, bytes)),
    ...outputs.map(({ tensor, name }) =>
      encodeField(1, concatBytes([encodeField(1, tensor), encodeField(2, name), encodeField(4, 'Identity')])),
    ),
    encodeField(2, 'part'),
    ...constants.map(({ bytes }) => encodeField(5, bytes)),
    ...inputs.map(({ bytes }) => encodeField(11, bytes)),
    ...outputs.map(({ name }) => encodeField(12, encodeField(1, name))),
  ]);
  const frame = graph.frame.map(({ number, wire, bytes, value }) =>
    wire === 2 ? encodeField(number, bytes) : encodeVarintField(number, Number(value)),
  );
  return concatBytes([...frame, encodeField(7, message)]);
}

/** A node's bytes without one of its attributes, which then has its default. */
export function withoutAttribute(node: GraphNode, name: string): Uint8Array {
  const kept: Uint8Array[] = [];
  for (const field of protobufFields(node.bytes)) {
    if (field.number === 5 && nameOf(field.bytes) === name) continue;
    kept.push(encodeField(field.number, field.bytes));
  }
  return concatBytes(kept);
}

function nameOf(attribute: Uint8Array): string {
  for (const field of protobufFields(attribute)) if (field.number === 1) return decodeText(field);
  return '';
}
