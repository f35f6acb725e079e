import { constants } from 'node:fs';
import { copyFile, type FileHandle, open } from 'node:fs/promises';
import { I32, LIST, STOP, STRUCT, ThriftReader } from './thrift-reader.ts';

/** Physical types of Parquet's schema, by their numbers in its Thrift definition. */
const INT96 = 3;
const FIXED_LEN_BYTE_ARRAY = 7;

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
    const { footer, start } = await readFooter(handle);
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

/**
 * The metadata that a Parquet file ends with, and where it begins.
 *
 * @throws RangeError when the file does not end as one
 */
export async function readFooter(handle: FileHandle): Promise<{ readonly footer: Buffer; readonly start: number }> {
  const { size } = await handle.stat();
  const tail = Buffer.alloc(TAIL);
  await handle.read(tail, 0, TAIL, size - TAIL);
  const length = tail.readUInt32LE(0);
  if (tail.toString('latin1', 4) !== MAGIC || length > size - TAIL) throw new RangeError('no footer of Parquet');
  const start = size - TAIL - length;
  const footer = Buffer.alloc(length);
  await handle.read(footer, 0, length, start);
  return { footer, start };
}

function withoutMeaning(footer: Buffer, elements: ReadonlySet<number>): Buffer {
  const reader = new ThriftReader(footer);
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
function storedElement(reader: ThriftReader): Buffer {
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
