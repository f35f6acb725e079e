import type { CountContradiction } from '../../platform/duckdb/parquet-counts.ts';
import { FileRejectedError } from './errors.ts';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : '');

/** What the engine says of one value among others. */
const STUMBLED = /^Conversion Error|Invalid string encoding|not valid UTF-?8/i;

/** Whether the engine stumbled over one value, which is a matter of its row. */
export const isStumble = (error: unknown): boolean => STUMBLED.test(messageOf(error));

/** What the engine says of a file that is damaged, rather than of what it needs itself. */
const DAMAGED =
  /^(?:Invalid (?:Input )?Error|Serialization Error|Conversion Error|Not implemented Error|TProtocolException|Parquet)|could not read enough bytes|magic bytes|footer|thrift|snappy|zstd|decompress|corrupt|parquet file/i;

export const isDamage = (error: unknown): boolean =>
  DAMAGED.test(messageOf(error)) && !/^(?:Out of Memory|Internal) Error/.test(messageOf(error));

/** What the engine says, and what it means. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/too small to be a parquet file/i, 'it is shorter than any Parquet file is'],
  [/no magic bytes/i, 'it does not end as one, so it was cut off, or is something else'],
  [/footer length/i, 'its end tells a length of the footer that it has not'],
  [/encrypt/i, 'it is encrypted'],
  [/could not read enough bytes/i, 'it tells of more bytes than it has'],
  [/decompress|snappy|zstd|gzip|brotli|lz4/i, 'what is compressed in it cannot be unpacked'],
  [/unicode|string encoding|utf-?8/i, 'text in it is not UTF-8'],
  [/TProtocolException|thrift|don't know what type|out of buffer/i, 'its footer, or the head of a page, is damaged'],
];

/** Path of what is made of a file to be read as it is stored. */
const STORED_COPY = /[^\s"']*stored-[0-9a-f-]{36}\.parquet/g;

/** The engine's error as a verdict on the file. @param columns those that cannot be read, where others can */
export function damagedFile(error: unknown, file: string, columns: readonly string[]): FileRejectedError {
  const [line = ''] = messageOf(error).split('\n');
  const meaning = MEANINGS.find(([said]) => said.test(line))?.[1];
  // Where the file lies on this machine is nobody's matter.
  const bare = line
    .replaceAll(file, 'the file')
    .replaceAll(STORED_COPY, 'the file')
    .replaceAll(/["']the file["']/g, 'the file')
    .replace(/^[A-Z][A-Za-z ]* Error: /, '');
  return unreadable(columns, meaning ?? `its reader says: ${bare.slice(0, 200)}`, error);
}

/** What its counts say against each other as a verdict on the file. */
export const contradictoryFile = ({ column, why }: CountContradiction): FileRejectedError =>
  unreadable(column === undefined ? [] : [column], why);

function unreadable(columns: readonly string[], why: string, cause?: unknown): FileRejectedError {
  const where = columns.length === 0 ? '' : `, in ${columns.join(', ')}`;
  return new FileRejectedError('format', `not a readable Parquet file${where}: ${why}`, { cause });
}
