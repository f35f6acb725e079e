/**
 * How many of a page's values are there, by its definition levels of one bit each: runs of Parquet's hybrid of run lengths
 * and packed bits.
 *
 * @param values that the page has, those that are null included
 * @returns undefined when the levels are not those of so many values
 */
export function countPresent(levels: Uint8Array, values: number): number | undefined {
  let [at, seen, present] = [0, 0, 0];
  while (seen < values) {
    let head = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = levels[at++];
      if (byte === undefined) return undefined;
      head += (byte & 127) * factor;
      if (byte < 128) break;
    }
    const length = Math.floor(head / 2);
    if (length === 0) return undefined;
    if (head % 2 === 0) {
      // A run of one level, which takes a byte.
      const level = levels[at++];
      if (level === undefined || level > 1 || seen + length > values) return undefined;
      seen += length;
      present += level * length;
    } else {
      // Eight levels a byte; those of the last one may be more than there are values.
      if (at + length > levels.length || seen + 8 * (length - 1) >= values) return undefined;
      for (const end = at + length; at < end; at++) {
        const left = values - seen;
        present += ones(left < 8 ? levels[at]! & ((1 << left) - 1) : levels[at]!);
        seen += Math.min(8, left);
      }
    }
  }
  return at === levels.length ? present : undefined;
}

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

const ones = (byte: number): number => ONES[byte]!;
