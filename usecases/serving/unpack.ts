/** How a body was packed. */
export type Packing = 'gzip' | 'deflate';

export interface UnpackOptions {
  /** Most bytes that may come out. */
  readonly limit: number;
  /** Whose body it is. @default nobody's: all those share their turns */
  readonly caller?: string | undefined;
  /**
   * Takes room for so many bytes beside the packed ones, before they come out. @default none is taken
   *
   * @throws Error when there is none
   */
  readonly hold?: ((bytes: number) => void) | undefined;
}

/** Bodies of one caller that unpack to more than this are unpacked and parsed one after the other; bytes. */
const LARGE_BYTES = 256 * 1024;

/**
 * Unpacks gzip, or deflate with or without zlib's frame. Room is taken for what comes out before it does, by the size that
 * gzip ends with; what says too little, or nothing as deflate does, has room taken for the whole limit. A few kilobytes
 * unpack to megabytes: those of one caller that do so wait for one another, and each leaves others a turn of the event loop.
 *
 * @returns undefined where more than the limit would come out
 * @throws Error of zlib when the bytes are not what they are said to be; what `hold` throws
 */
export async function unpack(
  bytes: Uint8Array,
  packing: Packing,
  { limit, caller = '', hold }: UnpackOptions,
): Promise<Uint8Array | undefined> {
  const said = Math.min(limit, packing === 'gzip' ? sizeAtEnd(bytes) : limit);
  const unpackTo = (most: number): Promise<Uint8Array | undefined> =>
    inTurn(caller, most, () => {
      hold?.(most);
      return inflated(bytes, packing, most);
    });
  return (await unpackTo(said)) ?? (said < limit ? unpackTo(limit) : undefined);
}

/** The last of the large bodies that are unpacked, by caller. */
const lastLarge = new Map<string, Promise<unknown>>();

function inTurn<T>(caller: string, bytes: number, work: () => Promise<T>): Promise<T> {
  const before = bytes <= LARGE_BYTES ? undefined : lastLarge.get(caller);
  const done = Promise.resolve(before).then(work);
  if (bytes <= LARGE_BYTES) return done;
  // Whoever waits for it goes on first: parses, asks the model.
  const last = done
    .catch(() => undefined)
    .then(() => new Promise<void>((resolve) => setImmediate(resolve)))
    .then(() => {
      if (lastLarge.get(caller) === last) lastLarge.delete(caller);
    });
  lastLarge.set(caller, last);
  return done;
}

/** Size of what was packed, modulo 2^32: the last four bytes of gzip (RFC 1952, ISIZE). At least 1. */
const sizeAtEnd = (bytes: Uint8Array): number =>
  bytes.length < 4 ? 1 : Math.max(1, new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true));

async function inflated(bytes: Uint8Array, packing: Packing, most: number): Promise<Uint8Array | undefined> {
  const zlib = await import('node:zlib');
  const deflate = isFramed(bytes) ? zlib.inflate : zlib.inflateRaw;
  const work = packing === 'gzip' ? zlib.gunzip : deflate;
  return new Promise((resolve, reject) => {
    work(bytes, { maxOutputLength: most }, (error: NodeJS.ErrnoException | null, result) => {
      if (error === null) resolve(result);
      else if (error.code === 'ERR_BUFFER_TOO_LARGE') resolve(undefined);
      else reject(error);
    });
  });
}

/** Whether deflated bytes have the two bytes in front that RFC 1950 asks for; some clients leave them out. */
const isFramed = ([first = 0, second = 0]: Uint8Array): boolean =>
  (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
