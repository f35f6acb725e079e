/**
 * Whether text begins as UTF-16 of either order does: with its byte order mark, or with two characters of which one byte
 * each is zero, the first of them ASCII. A single NUL is a fault of what it stands in.
 */
export function isUtf16([first, second, third, fourth]: Uint8Array): boolean {
  if (first === undefined || second === undefined) return false;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  return (
    (first === 0 && isText(second) && isZero(third)) || (isText(first) && second === 0 && third !== 0 && isZero(fourth))
  );
}

/** Or beyond the end. */
const isZero = (byte: number | undefined): boolean => byte === undefined || byte === 0;

const isText = (byte: number): boolean => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13;

/** What is said of a file that is UTF-16. */
export const UTF16 = 'the file is UTF-16: expected UTF-8';
