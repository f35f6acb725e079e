import { ThriftReader } from './thrift-reader.ts';

/** Fields of Parquet's metadata, by their numbers in its Thrift definition. */
const FILE = { schema: 2, rows: 3, rowGroups: 4 };
const ELEMENT = { repetition: 3, name: 4, children: 5 };
const ROW_GROUP = { columns: 1, rows: 3 };
const COLUMN = { metadata: 3 };
const CHUNK = { values: 5, bytes: 7, dataPage: 9, dictionaryPage: 11 };
const REQUIRED = 0;
const REPEATED = 2;

/** What is said of metadata that cannot be gone through. */
export const DAMAGED = 'its footer, or the head of a page, is damaged';

/** A column's part of a row group. */
export interface Chunk {
  values: number;
  /** Where its first page begins. */
  start: number;
  /** Of all its pages, their heads included. */
  bytes: number;
}

/** A column that has values of its own. */
export interface Leaf {
  /** Of the column of the table that it is, or is part of. */
  readonly column: string;
  /** Whether a row may have several of its values. */
  readonly repeated: boolean;
  /** Of it and what it is part of, how many need not be there. */
  readonly optional: number;
}

/** How many rows and values a file's footer tells of. */
export interface FooterCounts {
  rows: number;
  leaves: Leaf[];
  readonly groups: { rows: number; chunks: Chunk[] }[];
}

/** @throws RangeError when the footer is damaged */
export function readCounts(footer: Buffer): FooterCounts {
  const reader = new ThriftReader(footer);
  const counts: FooterCounts = { rows: 0, leaves: [], groups: [] };
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
  const elements: { readonly name: string; readonly repetition: number; readonly children: number }[] = [];
  for (const _ of reader.elements()) {
    let [name, repetition, children] = ['', REQUIRED, 0];
    for (const { id, kind } of reader.fields()) {
      if (id === ELEMENT.repetition) repetition = reader.integer();
      else if (id === ELEMENT.name) name = reader.text();
      else if (id === ELEMENT.children) children = reader.integer();
      else reader.skip(kind);
    }
    elements.push({ name, repetition, children });
  }
  const leaves: Leaf[] = [];
  let next = 1;
  const visit = (children: number, within: Leaf | undefined): void => {
    for (let child = 0; child < children && next < elements.length; child++) {
      const { name, repetition, children: own } = elements[next++]!;
      const leaf = {
        column: within?.column ?? name,
        repeated: repetition === REPEATED || within?.repeated === true,
        optional: (within?.optional ?? 0) + (repetition === REQUIRED ? 0 : 1),
      };
      if (own === 0) leaves.push(leaf);
      else visit(own, leaf);
    }
  };
  visit(elements[0]?.children ?? 0, undefined);
  return leaves;
}

function readGroup(reader: ThriftReader): FooterCounts['groups'][number] {
  const group: FooterCounts['groups'][number] = { rows: 0, chunks: [] };
  for (const { id, kind } of reader.fields()) {
    if (id === ROW_GROUP.rows) group.rows = reader.integer();
    else if (id === ROW_GROUP.columns) for (const _ of reader.elements()) group.chunks.push(readChunk(reader));
    else reader.skip(kind);
  }
  return group;
}

function readChunk(reader: ThriftReader): Chunk {
  const chunk: Chunk = { values: 0, start: 0, bytes: 0 };
  for (const column of reader.fields()) {
    if (column.id !== COLUMN.metadata) {
      reader.skip(column.kind);
      continue;
    }
    let [data, dictionary] = [0, 0];
    for (const { id, kind } of reader.fields()) {
      if (id === CHUNK.values) chunk.values = reader.integer();
      else if (id === CHUNK.bytes) chunk.bytes = reader.integer();
      else if (id === CHUNK.dataPage) data = reader.integer();
      else if (id === CHUNK.dictionaryPage) dictionary = reader.integer();
      else reader.skip(kind);
    }
    // Some writers leave it at 0 where there is none.
    chunk.start = dictionary > 0 && dictionary < data ? dictionary : data;
  }
  return chunk;
}
