import type { FileHandle } from 'node:fs/promises';
import { ThriftReader } from './thrift-reader.ts';

/** Fields of a page's head, by their numbers in Parquet's Thrift definition. */
const PAGE = { bytes: 3, checksum: 4, data: 5, dataV2: 8 };
const DATA = { values: 1 };
const DATA_V2 = { values: 1, nulls: 2, rows: 3, definitionBytes: 5, repetitionBytes: 6 };

/** Bytes that are read at a time, which are the heads of many small pages; no head is longer than the most. */
const WINDOW_BYTES = 64 * 1024;
const MAX_HEAD_BYTES = 16 * 1024 * 1024;

/** What only heads of the second version tell of a page of data. */
export interface DataPageV2 {
  readonly nulls: number;
  readonly rows: number;
  /** Bytes of the levels that its body begins with, which are never compressed. */
  readonly repetitionBytes: number;
  readonly definitionBytes: number;
}

export interface PageHead {
  /** Of what is behind the head. */
  readonly bytes: number;
  /** Of a page of data; 0 of others. */
  readonly values: number;
  readonly v2: DataPageV2 | undefined;
  /** CRC-32 of what is behind the head, where the writer gave one. */
  readonly checksum: number | undefined;
  /** Where what is behind the head begins, in bytes from the start of the file. */
  readonly body: number;
}

/** Reads heads of pages, which mostly follow each other. */
export class PageHeads {
  #window: Buffer = Buffer.alloc(0);
  #from = 0;

  /** @param end where pages end */
  constructor(
    private readonly handle: FileHandle,
    private readonly end: number,
  ) {}

  /** The head at a place; undefined for what is none. */
  async read(at: number): Promise<PageHead | undefined> {
    if (at < 0) return undefined;
    for (let size = WINDOW_BYTES; ; size *= 16) {
      const known = this.#window.subarray(at < this.#from ? this.#window.length : at - this.#from);
      const head = readHead(known);
      if (head !== undefined) return { ...head, body: at + head.body };
      if (known.length >= Math.min(this.end - at, MAX_HEAD_BYTES)) return undefined;
      const bytes = Buffer.alloc(Math.min(size, this.end - at));
      const { bytesRead } = await this.handle.read(bytes, 0, bytes.length, at);
      this.#window = bytes.subarray(0, bytesRead);
      this.#from = at;
    }
  }
}

/** The head that bytes begin with; undefined when none does, or not all of it. */
function readHead(window: Buffer): PageHead | undefined {
  const reader = new ThriftReader(window);
  let bytes = -1;
  let values = 0;
  let v2: DataPageV2 | undefined;
  let checksum: number | undefined;
  try {
    for (const { id, kind } of reader.fields()) {
      if (id === PAGE.bytes) bytes = reader.integer();
      else if (id === PAGE.checksum) checksum = reader.integer() >>> 0;
      else if (id === PAGE.data) [values] = integersOf(reader, [DATA.values]) as [number];
      else if (id === PAGE.dataV2) ({ values, v2 } = readV2(reader));
      else reader.skip(kind);
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return { bytes, values, v2, checksum, body: reader.at };
}

function readV2(reader: ThriftReader): { readonly values: number; readonly v2: DataPageV2 } {
  const { values, nulls, rows, definitionBytes, repetitionBytes } = DATA_V2;
  const found = integersOf(reader, [values, nulls, rows, definitionBytes, repetitionBytes]);
  return {
    values: found[0]!,
    v2: { nulls: found[1]!, rows: found[2]!, definitionBytes: found[3]!, repetitionBytes: found[4]! },
  };
}

/** Integers of a struct, all of which is gone through; 0 for those that it has not. */
function integersOf(reader: ThriftReader, wanted: readonly number[]): number[] {
  const found = wanted.map(() => 0);
  for (const { id, kind } of reader.fields()) {
    const index = wanted.indexOf(id);
    if (index === -1) reader.skip(kind);
    else found[index] = reader.integer();
  }
  return found;
}
