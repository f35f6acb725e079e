/**
 * Hashes a string to 32 bits, evenly and the same everywhere: FNV-1a over its UTF-16 units, then the finalizer of
 * MurmurHash3 so that similar keys get distant hashes. It is not cryptographic.
 *
 * @param seed different seeds give independent hashes, so that routing to a challenger does not decide who is sampled
 */
export function hash32(text: string, seed = 0): number {
  let h = (0x811c9dc5 ^ seed) | 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The hash as a fraction in [0, 1). */
export const fraction = (text: string, seed = 0): number => hash32(text, seed) / 0x1_0000_0000;

const SAMPLING_SEED = 0x5a3b1e;

/** Whether an id belongs to the sample of a share (0 to 1). Everybody who asks about an id gets the same answer. */
export const isSampled = (id: string, share: number): boolean => share >= 1 || fraction(id, SAMPLING_SEED) < share;
