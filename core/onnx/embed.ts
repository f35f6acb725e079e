import { type ExternalTensor, externalOf } from './inspect.ts';
import { concatBytes, encodeAgain, encodeField, protobufFields } from './protobuf.ts';
import { type MessageKind, PARTS } from './walk.ts';

/**
 * A model with everything that it kept in other files within it, so that its digest is that of all it consists of.
 * Everything else stays as it was, byte for byte.
 *
 * @param dataOf the bytes of a tensor that is kept elsewhere
 * @throws ProtobufError
 */
export function embed(file: Uint8Array, dataOf: (external: ExternalTensor) => Uint8Array): Uint8Array {
  return rewritten(file, 'model', dataOf);
}

function rewritten(message: Uint8Array, kind: MessageKind, dataOf: (e: ExternalTensor) => Uint8Array): Uint8Array {
  if (kind === 'tensor') {
    const external = externalOf(message);
    if (external === undefined) return message;
    // external_data and data_location go, raw_data comes.
    const rest = [...protobufFields(message)].filter(({ number }) => number !== 9 && number !== 13 && number !== 14);
    return concatBytes([...rest.map(encodeAgain), encodeField(9, dataOf(external))]);
  }
  const parts: Uint8Array[] = [];
  for (const field of protobufFields(message)) {
    const part = PARTS[kind][field.number];
    if (part === undefined || field.wire !== 2) parts.push(encodeAgain(field));
    else parts.push(encodeField(field.number, rewritten(field.bytes, part, dataOf)));
  }
  return concatBytes(parts);
}
