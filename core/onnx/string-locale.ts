import type { Repair } from '../model/repair.ts';
import { readNode } from './graph.ts';
import { concatBytes, encodeAgain, encodeField, encodeVarintField, protobufFields } from './protobuf.ts';
import type { RepairedModel } from './repaired-model.ts';
import { type MessageKind, PARTS } from './walk.ts';

/** Attribute `locale`, a text (type 3). */
const LOCALE = concatBytes([encodeField(1, 'locale'), encodeField(4, 'C'), encodeVarintField(20, 3)]);

/**
 * Gives the locale `C` to each StringNormalizer that names none, in branches, loops and functions as well. ONNX Runtime
 * takes en_US there, and does not open the model where that is not installed, as on Lambda and in slim containers.
 *
 * @throws ProtobufError
 */
export function setLocales(file: Uint8Array): RepairedModel {
  const repairs: Repair[] = [];
  return { bytes: rewrite(file, 'model', repairs), repairs };
}

function rewrite(message: Uint8Array, kind: MessageKind, repairs: Repair[]): Uint8Array {
  if (kind === 'tensor') return message;
  const before = repairs.length;
  const parts: Uint8Array[] = [];
  for (const field of protobufFields(message)) {
    const part = PARTS[kind][field.number];
    if (part === undefined || field.wire !== 2) parts.push(encodeAgain(field));
    else parts.push(encodeField(field.number, rewrite(field.bytes, part, repairs)));
  }
  if (kind === 'node') {
    const repair = localeRepair(message);
    if (repair !== undefined) {
      repairs.push(repair);
      parts.push(encodeField(5, LOCALE));
    }
  }
  return repairs.length === before ? message : concatBytes(parts);
}

/** Undefined for what needs none: another operator, or one that names its locale. */
function localeRepair(message: Uint8Array): Repair | undefined {
  const { op, domain, outputs, attributes } = readNode(message);
  if (op !== 'StringNormalizer' || domain !== '' || attributes.has('locale')) return undefined;
  const changes = attributes.get('case_change_action')?.text ?? 'NONE';
  const sensitive = attributes.get('is_case_sensitive')?.int === 1;
  const letters =
    changes === 'NONE' && sensitive ? '' : ': letters beyond A to Z keep their case, whatever the machine';
  const at = outputs[0] ?? op;
  return { kind: 'string-locale', at, done: `StringNormalizer of ${at} has the locale C, for it named none${letters}` };
}
