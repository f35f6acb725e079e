/** A file that is no picture, or not one that may be unpacked. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}
