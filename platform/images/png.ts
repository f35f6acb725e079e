import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { ImageError } from './error.ts';

/** What a PNG file says of itself in its first chunk. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colours: number;
  readonly interlaced: boolean;
}

/** The header of a file that begins as a PNG does. @throws ImageError when it ends within it */
export function pngHeader(file: Uint8Array): PngHeader {
  if (file.length < HEADER_END) throw new ImageError('a PNG file that ends within its header');
  const view = new DataView(file.buffer, file.byteOffset);
  return {
    width: view.getUint32(16),
    height: view.getUint32(20),
    depth: file[24]!,
    colours: file[25]!,
    interlaced: file[28] === 1,
  };
}

/** Signature, and the header's chunk. */
const HEADER_END = 33;
/** Samples of a pixel by colour type. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Where each pass of an interlaced picture begins, and its steps: x, y, across, down. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * A PNG file that holds nothing but its picture, which takes the memory that its header says: pixels are inflated here,
 * up to that size and not a byte more (a few kilobytes may inflate to gigabytes), and put back as they are. What else a
 * file may hold (profiles and texts, compressed as well, further frames) is left out unread.
 *
 * @throws ImageError
 */
export function plainPng(file: Uint8Array, header: PngHeader): Uint8Array {
  const kept: Uint8Array[] = [file.subarray(0, HEADER_END)];
  const packed: Uint8Array[] = [];
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  for (let at = HEADER_END; at + 12 <= file.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    const end = at + 12 + length;
    if (end > file.length || type === 'IEND') break;
    if (type === 'IDAT') packed.push(file.subarray(at + 8, at + 8 + length));
    else if (type === 'PLTE' || type === 'tRNS') kept.push(file.subarray(at, end));
    at = end;
  }
  const pixels = deflateSync(inflated(packed, header), { level: 0 });
  return Buffer.concat([...kept, chunk('IDAT', pixels), chunk('IEND', new Uint8Array(0))]);
}

function inflated(packed: readonly Uint8Array[], header: PngHeader): Uint8Array {
  const size = sizeOf(header);
  let found: Uint8Array;
  try {
    found = inflateSync(Buffer.concat(packed), { maxOutputLength: size });
  } catch (cause) {
    const more = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    const why = more ? `it unpacks to more than the ${size} bytes of its pixels` : (cause as Error).message;
    throw new ImageError(`a PNG file that cannot be unpacked: ${why}`, { cause });
  }
  if (found.length < size)
    throw new ImageError(
      `a PNG file that cannot be unpacked: it has ${found.length} of the ${size} bytes of its pixels`,
    );
  return found;
}

/** Bytes of all rows, each behind the byte that says how it is filtered. */
function sizeOf({ width, height, depth, colours, interlaced }: PngHeader): number {
  const samples = SAMPLES[colours];
  if (samples === undefined || ![1, 2, 4, 8, 16].includes(depth))
    throw new ImageError(`a PNG file of colour type ${colours} with ${depth} bits a sample, which there is not`);
  const rows = (across: number, down: number): number =>
    across === 0 ? 0 : down * (1 + Math.ceil((across * samples * depth) / 8));
  if (!interlaced) return rows(width, height);
  return PASSES.reduce(
    (sum, [x, y, right, below]) => sum + rows(Math.ceil((width - x) / right), Math.ceil((height - y) / below)),
    0,
  );
}

/** A white picture, such as an example of a request needs. */
export function blankPng(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // One bit a pixel; each row behind the byte that says that it is not filtered.
  header[8] = 1;
  const row = Buffer.alloc(1 + Math.ceil(width / 8), 0xff).fill(0, 0, 1);
  const pixels = deflateSync(Buffer.concat(new Array<Uint8Array>(height).fill(row)));
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', new Uint8Array(0))]);
}

const SIGNATURE = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function chunk(type: string, data: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, sum]);
}
