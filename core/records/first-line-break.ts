const LF = 10;
const CR = 13;
const QUOTE = 34;

/** The bytes end inside quotes. */
export const OPEN_QUOTES = -2;

/** How fields are quoted; a part of what the scanner knows of a file. */
interface Quoting {
  /** One ASCII character. */
  readonly delimiter: string;
  readonly maxRecordLines: number;
}

/**
 * Where the first line break is that no quotes enclose: a break inside them is text, and says nothing of how lines end.
 * Where a quoted field is none (no quote closes it within a record's lines, or text follows that quote on a later line)
 * it encloses nothing: the first break of all counts.
 *
 * @returns -1 when there is none in the bytes, {@link OPEN_QUOTES} when they end inside quotes
 */
export function firstLineBreak(data: Uint8Array, { delimiter, maxRecordLines }: Quoting): number {
  const separator = delimiter.charCodeAt(0);
  let begins = true;
  let at = 0;
  while (at < data.length) {
    const byte = data[at]!;
    if (byte === LF || byte === CR) return at;
    if (byte === QUOTE && begins) {
      const behind = behindQuotes(data, at + 1, { separator, maxRecordLines });
      if (behind === NOT_QUOTED) return anyBreak(data);
      if (behind === OPEN_QUOTES) return OPEN_QUOTES;
      at = behind;
      begins = false;
      continue;
    }
    begins = byte === separator;
    at++;
  }
  return -1;
}

/** The first line break, wherever it is; -1 when there is none. */
export const anyBreak = (data: Uint8Array): number => data.findIndex((byte) => byte === LF || byte === CR);

/** What began with a quote is no quoted field. */
const NOT_QUOTED = -3;

/** The place behind the closing quote of the field whose text begins at `from`. */
function behindQuotes(
  data: Uint8Array,
  from: number,
  { separator, maxRecordLines }: { readonly separator: number; readonly maxRecordLines: number },
): number {
  let lines = 1;
  for (let at = from; at < data.length; at++) {
    const byte = data[at];
    if (byte === LF) {
      lines++;
      if (lines > maxRecordLines) return NOT_QUOTED;
    }
    if (byte !== QUOTE) continue;
    const next = data[at + 1];
    if (next === QUOTE) {
      at++;
      continue;
    }
    const ends = next === undefined || next === separator || next === LF || next === CR;
    return ends || lines === 1 ? at + 1 : NOT_QUOTED;
  }
  return OPEN_QUOTES;
}
