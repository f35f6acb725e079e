import { constants } from 'node:fs';
import { copyFile, open } from 'node:fs/promises';

/** Physical types of Parquet's schema, by their numbers in its Thrift definition. */
const INT96 = 3;
const FIXED_LEN_BYTE_ARRAY = 7;

/** Kinds of values of Thrift's compact protocol. */
const STOP = 0;
const BYTE = 3;
const I32 = 5;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const MAP = 11;
const STRUCT = 12;
const UUID = 13;

/** Fields of a schema element that say what its bytes stand for; without them they are plain integers or bytes. */
const MEANING = [6, 7, 8, 10];
const TYPE = 1;
const TYPE_LENGTH = 2;
/** Field of the file's metadata with the schema. */
const SCHEMA = 2;

const MAGIC = 'PAR1';
/** Length of the footer and the magic bytes. */
const TAIL = 8;

/**
 * Copies a Parquet file with the meaning of some columns taken out of its schema: whoever reads the copy gets their
 * values as they are stored, integers and bytes, where he would cut them or stumble over one. An INT96 becomes its twelve bytes.
 *
 * @param elements indexes of the columns among the elements of the schema
 */
export async function copyStored(file: string, copy: string, elements: ReadonlySet<number>): Promise<void> {
  await copyFile(file, copy, constants.COPYFILE_FICLONE);
  const handle = await open(copy, 'r+');
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(TAIL);
    await handle.read(tail, 0, TAIL, size - TAIL);
    const length = tail.readUInt32LE(0);
    if (tail.toString('latin1', 4) !== MAGIC || length > size - TAIL) throw new RangeError('no footer of Parquet');
    const start = size - TAIL - length;
    const footer = Buffer.alloc(length);
    await handle.read(footer, 0, length, start);
    const stored = withoutMeaning(footer, elements);
    const end = Buffer.alloc(TAIL);
    end.writeUInt32LE(stored.length, 0);
    end.write(MAGIC, 4);
    await handle.truncate(start);
    await handle.write(Buffer.concat([stored, end]), 0, stored.length + TAIL, start);
  } finally {
    await handle.close();
  }
}

function withoutMeaning(footer: Buffer, elements: ReadonlySet<number>): Buffer {
  const reader = new Reader(footer);
  for (const { id, kind } of reader.fields()) {
    if (id !== SCHEMA || kind !== LIST) {
      reader.skip(kind);
      continue;
    }
    const { size } = reader.list();
    const begin = reader.at;
    const parts: Buffer[] = [];
    for (let index = 0; index < size; index++) {
      const from = reader.at;
      if (elements.has(index)) parts.push(storedElement(reader));
      else {
        reader.skip(STRUCT);
        parts.push(footer.subarray(from, reader.at));
      }
    }
    return Buffer.concat([footer.subarray(0, begin), ...parts, footer.subarray(reader.at)]);
  }
  throw new RangeError('a footer of Parquet without a schema');
}

/** A schema element with no more than where its bytes are. */
function storedElement(reader: Reader): Buffer {
  const kept = new Map<number, { readonly kind: number; readonly bytes: Buffer }>();
  for (const { id, kind } of reader.fields()) {
    const from = reader.at;
    reader.skip(kind);
    if (!MEANING.includes(id)) kept.set(id, { kind, bytes: reader.bytes.subarray(from, reader.at) });
  }
  if (kept.get(TYPE)?.bytes[0] === zigzag(INT96)) {
    kept.set(TYPE, { kind: I32, bytes: Buffer.of(zigzag(FIXED_LEN_BYTE_ARRAY)) });
    kept.set(TYPE_LENGTH, { kind: I32, bytes: Buffer.of(zigzag(12)) });
  }
  let last = 0;
  const parts = [...kept]
    .sort(([a], [b]) => a - b)
    .flatMap(([id, { kind, bytes }]) => {
      const head = Buffer.of(((id - last) << 4) | kind);
      last = id;
      return [head, bytes];
    });
  return Buffer.concat([...parts, Buffer.of(STOP)]);
}

/** As the compact protocol writes a small integer that is not negative. */
const zigzag = (value: number): number => value << 1;

/** Goes through a value of Thrift's compact protocol. */
class Reader {
  at = 0;
  constructor(readonly bytes: Buffer) {}

  /** Fields of a struct; the value of each is to be read, or skipped, before the next. */
  *fields(): Generator<{ readonly id: number; readonly kind: number }> {
    for (let id = 0; ; ) {
      const head = this.#byte();
      if (head === STOP) return;
      const delta = head >> 4;
      id = delta === 0 ? this.#signed() : id + delta;
      yield { id, kind: head & 15 };
    }
  }

  list(): { readonly size: number; readonly kind: number } {
    const head = this.#byte();
    return { kind: head & 15, size: head >> 4 === 15 ? this.#varint() : head >> 4 };
  }

  /** @param element whether the value is one of a list: there a boolean has a byte of its own */
  skip(kind: number, element = false): void {
    if (kind <= 2) this.at += element ? 1 : 0;
    else if (kind === BYTE) this.at++;
    else if (kind < DOUBLE) this.#varint();
    else if (kind === DOUBLE) this.at += 8;
    else if (kind === BINARY) this.#skipBytes();
    else if (kind === LIST || kind === SET) {
      const { size, kind: each } = this.list();
      for (let i = 0; i < size; i++) this.skip(each, true);
    } else if (kind === MAP) this.#skipMap();
    else if (kind === STRUCT) for (const field of this.fields()) this.skip(field.kind);
    else if (kind === UUID) this.at += 16;
    else throw new RangeError(`kind ${kind} is none of Thrift's`);
    if (this.at > this.bytes.length) throw new RangeError('a footer of Parquet that ends too early');
  }

  #skipBytes(): void {
    const length = this.#varint();
    this.at += length;
  }

  #skipMap(): void {
    const size = this.#varint();
    if (size === 0) return;
    const kinds = this.#byte();
    for (let i = 0; i < size; i++) {
      this.skip(kinds >> 4, true);
      this.skip(kinds & 15, true);
    }
  }

  #byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new RangeError('a footer of Parquet that ends too early');
    return byte;
  }

  /** Without the exactness beyond 2^53, which no size or id has. */
  #varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  #signed(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
