import { ProtobufError, protobufFields } from './protobuf.ts';

/** Messages of an ONNX file that can hold a graph, a node or a tensor somewhere below them. */
export type MessageKind = 'model' | 'training' | 'function' | 'graph' | 'node' | 'attribute' | 'sparse' | 'tensor';

/** Field number -> what the message below it is; numbers are those of onnx.proto3. */
export const PARTS: Readonly<Record<MessageKind, Readonly<Record<number, MessageKind>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: {},
};

/** Deepest nesting that is followed: a graph within a node's attribute is three levels. */
const MAX_DEPTH = 96;

/**
 * Shows every message of an ONNX file that can hold or be a tensor, wherever it is: in branches and loops, in
 * functions, in what is there for training only.
 *
 * @throws ProtobufError
 */
export function walk(
  message: Uint8Array,
  kind: MessageKind,
  see: (kind: MessageKind, message: Uint8Array) => void,
  depth = 0,
): void {
  if (depth > MAX_DEPTH) throw new ProtobufError(`messages are nested deeper than ${MAX_DEPTH} levels`);
  see(kind, message);
  const parts = PARTS[kind];
  if (kind === 'tensor') return;
  for (const { number, wire, bytes } of protobufFields(message)) {
    const part = parts[number];
    if (part !== undefined && wire === 2) walk(bytes, part, see, depth + 1);
  }
}
