import { type FileHandle, open } from 'node:fs/promises';
import { readFooter } from './parquet-footer.ts';
import { ThriftReader } from './thrift-reader.ts';

/** Fields of Parquet's metadata, by their numbers in its Thrift definition. */
const FILE = { schema: 2, rows: 3, rowGroups: 4 };
const ELEMENT = { repetition: 3, name: 4, children: 5 };
const ROW_GROUP = { columns: 1, rows: 3 };
const COLUMN = { metadata: 3 };
const CHUNK = { values: 5, dataPage: 9, dictionaryPage: 11 };
const PAGE = { bytes: 3, data: 5, dataV2: 8 };
/** Of the head of a page of data, in both of its versions. */
const PAGE_VALUES = 1;
const REPEATED = 2;

/** Bytes that are read at a time, which are the heads of many small pages; no head is longer than the most. */
const WINDOW_BYTES = 64 * 1024;
const MAX_HEAD_BYTES = 16 * 1024 * 1024;

/** A column's part of a row group. */
interface Chunk {
  values: number;
  /** Where its first page begins. */
  start: number;
}

/** A column that has values of its own. */
interface Leaf {
  /** Of the column of the table that it is, or is part of. */
  readonly column: string;
  /** Whether a row may have several of its values. */
  readonly repeated: boolean;
}

interface Counts {
  rows: number;
  leaves: Leaf[];
  readonly groups: { rows: number; chunks: Chunk[] }[];
}

/** What cannot be true of a file. */
export interface CountContradiction {
  /** Name of the column that it is in; undefined for the file as a whole. */
  readonly column: string | undefined;
  readonly why: string;
}

const DAMAGED = 'its footer, or the head of a page, is damaged';

/**
 * What contradicts itself among the counts of a Parquet file: those of its footer, and of the heads of its pages. A reader
 * that believes one of them loses rows, or makes some up, without a word.
 *
 * @returns undefined where all is right
 */
export async function findContradiction(file: string): Promise<CountContradiction | undefined> {
  const handle = await open(file);
  try {
    const { footer, start } = await readFooter(handle);
    const counts = readCounts(footer);
    return footerContradiction(counts) ?? (await pagesContradiction(handle, start, counts));
  } catch (error) {
    if (error instanceof RangeError) return { column: undefined, why: DAMAGED };
    throw error;
  } finally {
    await handle.close();
  }
}

function footerContradiction({ rows, leaves, groups }: Counts): CountContradiction | undefined {
  const sum = groups.reduce((total, group) => total + group.rows, 0);
  if (sum !== rows)
    return { column: undefined, why: `its footer tells of ${rows} rows, and of ${sum} in its row groups` };
  for (const [number, group] of groups.entries())
    for (const [i, { values }] of group.chunks.entries()) {
      const { column, repeated = false } = leaves[i] ?? {};
      if (repeated ? values < group.rows : values !== group.rows)
        return {
          column,
          why: `its footer tells of ${group.rows} rows in row group ${number + 1}, and of ${values} values of them`,
        };
    }
  return undefined;
}

async function pagesContradiction(
  handle: FileHandle,
  end: number,
  { leaves, groups }: Counts,
): Promise<CountContradiction | undefined> {
  const heads = new PageHeads(handle, end);
  for (const [number, { chunks }] of groups.entries())
    for (const [i, { values, start }] of chunks.entries()) {
      const column = leaves[i]?.column;
      let seen = 0;
      for (let at = start; seen < values; ) {
        if (at === end) return { column, why: pagesOfOthers(values, number) };
        const head = await heads.read(at);
        if (head === undefined || head.bytes < 0 || head.next > end) return { column, why: DAMAGED };
        seen += head.values;
        if (head.values < 0 || seen > values) return { column, why: pagesOfOthers(values, number) };
        at = head.next;
      }
    }
  return undefined;
}

const pagesOfOthers = (values: number, group: number): string =>
  `its footer tells of ${values} values in row group ${group + 1}, and its pages of others`;

/** Reads heads of pages, which mostly follow each other. */
class PageHeads {
  #window: Buffer = Buffer.alloc(0);
  #from = 0;

  /** @param end where pages end */
  constructor(
    private readonly handle: FileHandle,
    private readonly end: number,
  ) {}

  /** The head at a place: how many bytes and values its page has, and where the next is; undefined for what is none. */
  async read(
    at: number,
  ): Promise<{ readonly bytes: number; readonly values: number; readonly next: number } | undefined> {
    if (at < 0) return undefined;
    for (let size = WINDOW_BYTES; ; size *= 16) {
      const known = this.#window.subarray(at < this.#from ? this.#window.length : at - this.#from);
      const head = readHead(known);
      if (head !== undefined) return { bytes: head.bytes, values: head.values, next: at + head.length + head.bytes };
      if (known.length >= Math.min(this.end - at, MAX_HEAD_BYTES)) return undefined;
      const bytes = Buffer.alloc(Math.min(size, this.end - at));
      const { bytesRead } = await this.handle.read(bytes, 0, bytes.length, at);
      this.#window = bytes.subarray(0, bytesRead);
      this.#from = at;
    }
  }
}

/** The head that bytes begin with, and its own length; undefined when none does, or not all of it. */
function readHead(
  window: Buffer,
): { readonly bytes: number; readonly values: number; readonly length: number } | undefined {
  const reader = new ThriftReader(window);
  let bytes = -1;
  let values = 0;
  try {
    for (const { id, kind } of reader.fields()) {
      if (id === PAGE.bytes) bytes = reader.integer();
      else if (id === PAGE.data || id === PAGE.dataV2) values = fieldOf(reader, PAGE_VALUES);
      else reader.skip(kind);
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return { bytes, values, length: reader.at };
}

/** An integer of a struct, all of which is gone through. */
function fieldOf(reader: ThriftReader, field: number): number {
  let value = 0;
  for (const { id, kind } of reader.fields()) {
    if (id === field) value = reader.integer();
    else reader.skip(kind);
  }
  return value;
}

function readCounts(footer: Buffer): Counts {
  const reader = new ThriftReader(footer);
  const counts: Counts = { rows: 0, leaves: [], groups: [] };
  for (const { id, kind } of reader.fields()) {
    if (id === FILE.schema) counts.leaves = readLeaves(reader);
    else if (id === FILE.rows) counts.rows = reader.integer();
    else if (id === FILE.rowGroups) for (const _ of reader.elements()) counts.groups.push(readGroup(reader));
    else reader.skip(kind);
  }
  return counts;
}

/** The columns that have values of their own, in the order in which row groups have them. */
function readLeaves(reader: ThriftReader): Leaf[] {
  const elements: { readonly name: string; readonly repeated: boolean; readonly children: number }[] = [];
  for (const _ of reader.elements()) {
    let [name, repeated, children] = ['', false, 0];
    for (const { id, kind } of reader.fields()) {
      if (id === ELEMENT.repetition) repeated = reader.integer() === REPEATED;
      else if (id === ELEMENT.name) name = reader.text();
      else if (id === ELEMENT.children) children = reader.integer();
      else reader.skip(kind);
    }
    elements.push({ name, repeated, children });
  }
  const leaves: Leaf[] = [];
  let next = 1;
  const visit = (children: number, within: Leaf | undefined): void => {
    for (let child = 0; child < children && next < elements.length; child++) {
      const { name, repeated, children: own } = elements[next++]!;
      const leaf = { column: within?.column ?? name, repeated: repeated || within?.repeated === true };
      if (own === 0) leaves.push(leaf);
      else visit(own, leaf);
    }
  };
  visit(elements[0]?.children ?? 0, undefined);
  return leaves;
}

function readGroup(reader: ThriftReader): Counts['groups'][number] {
  const group: Counts['groups'][number] = { rows: 0, chunks: [] };
  for (const { id, kind } of reader.fields()) {
    if (id === ROW_GROUP.rows) group.rows = reader.integer();
    else if (id === ROW_GROUP.columns) for (const _ of reader.elements()) group.chunks.push(readChunk(reader));
    else reader.skip(kind);
  }
  return group;
}

function readChunk(reader: ThriftReader): Chunk {
  const chunk: Chunk = { values: 0, start: 0 };
  for (const column of reader.fields()) {
    if (column.id !== COLUMN.metadata) {
      reader.skip(column.kind);
      continue;
    }
    let [data, dictionary] = [0, 0];
    for (const { id, kind } of reader.fields()) {
      if (id === CHUNK.values) chunk.values = reader.integer();
      else if (id === CHUNK.dataPage) data = reader.integer();
      else if (id === CHUNK.dictionaryPage) dictionary = reader.integer();
      else reader.skip(kind);
    }
    // Some writers leave it at 0 where there is none.
    chunk.start = dictionary > 0 && dictionary < data ? dictionary : data;
  }
  return chunk;
}
