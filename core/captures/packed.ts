/**
 * Packed numbers in a capture line: `f64:` and the base64 of little-endian doubles, NaN for missing. Turning 30,000
 * numbers into decimal text takes longer than a tree model takes to run on them; this takes a hundredth of it.
 */
const PREFIX = 'f64:';

export const packNumbers = (values: Float64Array): string =>
  PREFIX + Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');

/** The numbers, null for missing; undefined when the text is not packed numbers. */
export function unpackNumbers(packed: string): (number | null)[] | undefined {
  if (!packed.startsWith(PREFIX)) return undefined;
  const bytes = Buffer.from(packed.slice(PREFIX.length), 'base64');
  if (bytes.length % 8 !== 0) return undefined;
  return Array.from({ length: bytes.length / 8 }, (_, i) => {
    const value = bytes.readDoubleLE(i * 8);
    return Number.isFinite(value) ? value : null;
  });
}
