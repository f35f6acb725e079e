import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { countPresent } from './parquet-levels.ts';
import { type Chunk, DAMAGED, type FooterCounts, type Leaf } from './parquet-metadata.ts';
import { type PageHead, PageHeads } from './parquet-page-heads.ts';

/** Bytes of a page that are read at a time. */
const STEP_BYTES = 1024 * 1024;

/** A column's part of a row group, and where it is. */
interface ChunkPages extends Chunk {
  readonly leaf: Leaf;
  /** Number of the row group, from 1. */
  readonly group: number;
  /** Where another's pages begin, or those of all end. */
  readonly limit: number;
}

/** What is wrong with a file's pages, and the column that they are of. */
interface PageFault {
  readonly column: string;
  readonly why: string;
}

/**
 * What cannot be true of a file's pages, which are gone through from head to head.
 *
 * @param end where they end
 */
export async function pagesContradiction(
  handle: FileHandle,
  end: number,
  counts: FooterCounts,
): Promise<PageFault | undefined> {
  const heads = new PageHeads(handle, end);
  let before = 0;
  // In the order in which they are in the file.
  for (const chunk of chunksOf(counts, end)) {
    const { leaf, group } = chunk;
    const { why, to } = await faultOf(handle, heads, chunk);
    if (why !== undefined) return { column: leaf.column, why };
    if (to > chunk.start && chunk.start < before)
      return { column: leaf.column, why: `its pages in row group ${group} are another column's, or group's, as well` };
    before = Math.max(before, to);
  }
  return undefined;
}

function chunksOf({ leaves, groups }: FooterCounts, end: number): ChunkPages[] {
  const chunks = groups
    .flatMap((group, number) => group.chunks.map((chunk, i) => ({ ...chunk, leaf: leaves[i]!, group: number + 1 })))
    .sort((a, b) => a.start - b.start);
  let limit = end;
  return chunks
    .reverse()
    .map((chunk, i) => {
      const next = chunks[i - 1]?.start ?? end;
      if (next > chunk.start) limit = next;
      return { ...chunk, limit };
    })
    .reverse();
}

/** What is wrong with a column's pages in a row group, and where they end. */
async function faultOf(
  handle: FileHandle,
  heads: PageHeads,
  chunk: ChunkPages,
): Promise<{ readonly why?: string; readonly to: number }> {
  const { values, start, bytes, leaf, group } = chunk;
  // Pages that the counts pass over are lost as well.
  const told = Math.min(start + bytes, chunk.limit);
  let [seen, at] = [0, start];
  while (seen < values || at < told) {
    if (at === chunk.limit) return { why: pagesOfOthers(values, group), to: at };
    const head = await heads.read(at);
    const next = head === undefined ? -1 : head.body + head.bytes;
    if (head === undefined || head.bytes < 0 || next > chunk.limit) {
      if (seen === values) break;
      return { why: DAMAGED, to: at };
    }
    seen += head.values;
    if (head.values < 0 || seen > values) return { why: pagesOfOthers(values, group), to: at };
    const why =
      (await levelsFault(handle, head, leaf)) ??
      ((await hasItsChecksum(handle, head)) ? undefined : 'a page is not what its checksum says');
    if (why !== undefined) return { why: `${why}, in row group ${group}`, to: at };
    at = next;
  }
  return { to: at };
}

const pagesOfOthers = (values: number, group: number): string =>
  `its footer tells of ${values} values in row group ${group}, and its pages of others`;

/** What a page's head tells that its levels do not; heads of the first version tell nothing of them. */
async function levelsFault(
  handle: FileHandle,
  { v2, values, bytes, body }: PageHead,
  { repeated, optional }: Leaf,
): Promise<string | undefined> {
  if (v2 === undefined) return undefined;
  const { nulls, rows, definitionBytes, repetitionBytes } = v2;
  if (repeated ? rows < 0 || rows > values : rows !== values)
    return `the head of a page tells of ${values} values and ${rows} rows`;
  if (nulls < 0 || nulls > values || (optional === 0 && nulls > 0))
    return `the head of a page tells of ${values} values and ${nulls} nulls`;
  if (definitionBytes < 0 || repetitionBytes < 0 || definitionBytes + repetitionBytes > bytes)
    return 'the head of a page tells of more levels than it has';
  // What is part of another has more than one level, and of lists that are empty writers tell this or that.
  if (repeated || optional !== 1) return undefined;
  const levels = Buffer.alloc(definitionBytes);
  await handle.read(levels, 0, definitionBytes, body + repetitionBytes);
  const present = countPresent(levels, values);
  return present === values - nulls
    ? undefined
    : `the head of a page tells of ${values} values and ${nulls} nulls, and its levels of others`;
}

async function hasItsChecksum(handle: FileHandle, { checksum, body, bytes }: PageHead): Promise<boolean> {
  if (checksum === undefined) return true;
  const step = Buffer.alloc(Math.min(bytes, STEP_BYTES));
  let found = 0;
  for (let done = 0; done < bytes; ) {
    const { bytesRead } = await handle.read(step, 0, Math.min(step.length, bytes - done), body + done);
    if (bytesRead === 0) return false;
    found = crc32(step.subarray(0, bytesRead), found);
    done += bytesRead;
  }
  return found === checksum;
}
