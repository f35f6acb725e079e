import { status } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { RpcError } from './wire.ts';

/** Messages below this cannot hold so many parts that it matters; bytes. */
const SMALL_BYTES = 64 * 1024;
/** Most parts that each become an object: tensors, outputs that are asked for, raw contents, parameters, dimensions. */
const MAX_PARTS = 10_000;
/** Most values that each become an object or a string: byte strings, and integers of 64 bits. */
const MAX_VALUES = 2_000_000;

/** Fields by their numbers in the specification. */
const REQUEST = { parameters: 4, inputs: 5, outputs: 6, raw: 7 } as const;
const TENSOR = { shape: 3, parameters: 4, contents: 5 } as const;
const OUTPUT = { parameters: 2 } as const;
const CONTENTS = { int64: 3, uint64: 5, bytes: 8 } as const;

/** Wire type of what has its length in front. */
const DELIMITED = 2;

/** Counts what is repeated in a ModelInferRequest. */
class Parts {
  #parts = 0;
  #values = 0;

  request(bytes: Uint8Array): void {
    eachField(bytes, (field, nested) => {
      if (field === REQUEST.inputs) this.#tensor(nested());
      else if (field === REQUEST.outputs) this.#output(nested());
      if (field >= REQUEST.parameters && field <= REQUEST.raw) this.#addParts(1);
    });
  }

  #tensor(bytes: Uint8Array): void {
    eachField(bytes, (field, nested, packed) => {
      if (field === TENSOR.contents) this.#contents(nested());
      else if (field === TENSOR.parameters) this.#addParts(1);
      else if (field === TENSOR.shape) this.#addParts(packed ? varintsIn(nested()) : 1);
    });
  }

  #output(bytes: Uint8Array): void {
    eachField(bytes, (field) => {
      if (field === OUTPUT.parameters) this.#addParts(1);
    });
  }

  #contents(bytes: Uint8Array): void {
    eachField(bytes, (field, nested, packed) => {
      if (field === CONTENTS.bytes) this.#addValues(1);
      else if (field === CONTENTS.int64 || field === CONTENTS.uint64) this.#addValues(packed ? varintsIn(nested()) : 1);
    });
  }

  #addParts(parts: number): void {
    this.#parts += parts;
    if (this.#parts > MAX_PARTS)
      throw tooMany(`more than ${MAX_PARTS} tensors, outputs, raw contents, parameters and dimensions`);
  }

  #addValues(values: number): void {
    this.#values += values;
    if (this.#values > MAX_VALUES)
      throw tooMany(
        `more than ${MAX_VALUES} byte strings and integers of 64 bits as contents: send them as raw_input_contents`,
      );
  }
}

const tooMany = (what: string): RpcError => new RpcError(status.INVALID_ARGUMENT, `the message has ${what}`);

/**
 * Holds a ModelInferRequest to what can be decoded in a moment: two bytes on the wire may become an object of some hundred,
 * and all are decoded in one turn of the event loop. It stops at the first that is too many, and creates nothing.
 *
 * @throws RpcError INVALID_ARGUMENT when there are too many parts, INTERNAL when the message cannot be parsed
 */
export function assertDecodable(bytes: Uint8Array): void {
  if (bytes.length < SMALL_BYTES) return;
  try {
    new Parts().request(bytes);
  } catch (error) {
    if (error instanceof RpcError) throw error;
    throw new RpcError(status.INTERNAL, 'the message cannot be parsed');
  }
}

/**
 * Walks over the fields of a message by protobuf's wire format.
 *
 * @param visit gets the number of a field, its bytes where it has a length, and whether it has
 */
function eachField(
  bytes: Uint8Array,
  visit: (field: number, nested: () => Uint8Array, delimited: boolean) => void,
): void {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const from = reader.pos;
    const delimited = (tag & 7) === DELIMITED;
    reader.skipType(tag & 7);
    visit(tag >>> 3, () => (delimited ? contentOf(bytes.subarray(from, reader.pos)) : EMPTY), delimited);
  }
}

const EMPTY = new Uint8Array();

/** Bytes behind their length. */
function contentOf(field: Uint8Array): Uint8Array {
  const reader = protobuf.Reader.create(field);
  reader.uint32();
  return field.subarray(reader.pos);
}

/** How many numbers a packed field has: each ends with a byte below 128. */
function varintsIn(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (byte < 0x80) count++;
  return count;
}
