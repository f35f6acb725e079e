/** Bytes that are taken at once. */
const BLOCK_BYTES = 64 * 1024;
/** Larger arrays have memory of their own. */
const SMALL_BYTES = 2 * 1024;
/** What every element type can be aligned to. */
const ALIGNMENT = 8;

type NumbersOf<T> = new (buffer: ArrayBuffer, offset: number, length: number) => T;

let block = new ArrayBuffer(0);
let used = 0;

/**
 * An array of zeros; small ones are cut from blocks that nobody gets twice. Memory of its own costs an array of thirty
 * numbers more than its use does, most of it when it is found to be garbage, where each is given back by itself.
 *
 * Not for what is kept for long: it keeps the block it was cut from.
 */
export function zeros<T>(type: NumbersOf<T> & { readonly BYTES_PER_ELEMENT: number }, length: number): T {
  const bytes = length * type.BYTES_PER_ELEMENT;
  if (bytes > SMALL_BYTES) return new type(new ArrayBuffer(bytes), 0, length);
  if (used + bytes > block.byteLength) {
    block = new ArrayBuffer(BLOCK_BYTES);
    used = 0;
  }
  const array = new type(block, used, length);
  used += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  return array;
}
