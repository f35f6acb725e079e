import { decode as decodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import { ImageError } from './error.ts';
import { plainPng, pngHeader } from './png.ts';

export { ImageError } from './error.ts';

/** Pixels of a picture, row by row, channels of a pixel side by side. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface DecodeOptions {
  /** 3: red, green, blue. 1: grey, weighted as ITU-R BT.601 has it. */
  readonly channels: 1 | 3;
  /** Most pixels, held against what the file says of its size before it is unpacked. */
  readonly maxPixels: number;
}

/**
 * Unpacks a PNG or JPEG file. What is transparent is shown on white. A JPEG is not turned by what its camera noted.
 *
 * @throws ImageError
 */
export function decodeImage(file: Uint8Array, options: DecodeOptions): Pixels {
  const kind = kindOf(file);
  if (kind === undefined) throw new ImageError(`${file.length} bytes that are neither a PNG nor a JPEG file`);
  try {
    return kind === 'PNG' ? fromPng(file, options) : fromJpeg(file, options);
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw new ImageError(`a ${kind} file that cannot be unpacked: ${(cause as Error).message}`.slice(0, 200), {
      cause,
    });
  }
}

function kindOf(file: Uint8Array): 'PNG' | 'JPEG' | undefined {
  const begins = (...bytes: number[]): boolean => bytes.every((byte, i) => file[i] === byte);
  if (begins(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'PNG';
  return begins(0xff, 0xd8, 0xff) ? 'JPEG' : undefined;
}

function assertSize(width: number, height: number, maxPixels: number): void {
  if (width < 1 || height < 1) throw new ImageError(`a picture of ${width} x ${height} pixels`);
  if (width * height > maxPixels)
    throw new ImageError(`a picture of ${width} x ${height} pixels, at most ${maxPixels} are allowed`);
}

function fromPng(file: Uint8Array, options: DecodeOptions): Pixels {
  const header = pngHeader(file);
  assertSize(header.width, header.height, options.maxPixels);
  const { width, height, data, depth, channels, palette } = decodePng(plainPng(file, header));
  const wide = depth === 16;
  const packed = depth < 8;
  const row = Math.ceil((width * channels * depth) / 8);
  /** Sample `i` of a row, as 0 to 255; the index itself of a palette. */
  const sample = (y: number, i: number): number => {
    if (wide) return data[y * width * channels + i]! >> 8;
    if (!packed) return data[y * row + i]!;
    const bit = i * depth;
    const value = (data[y * row + (bit >> 3)]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    return palette === undefined ? Math.round((value * 255) / ((1 << depth) - 1)) : value;
  };
  return filled(width, height, options.channels, (x, y, put) => {
    if (palette !== undefined) {
      const [red = 0, green = 0, blue = 0, alpha = 255] = palette[sample(y, x)] ?? [];
      put(red, green, blue, alpha);
      return;
    }
    const at = x * channels;
    const first = sample(y, at);
    const colour = channels >= 3;
    const alpha = channels === 2 || channels === 4 ? sample(y, at + channels - 1) : 255;
    put(first, colour ? sample(y, at + 1) : first, colour ? sample(y, at + 2) : first, alpha);
  });
}

/** Most memory that unpacking a JPEG may take; megabytes. */
const JPEG_MEMORY = 256;
/** Most scans of a JPEG: each goes over the whole picture, however few bytes it has. Progressive ones have about ten. */
const JPEG_SCANS = 20;

/** How often a scan begins; within the pixels' own bytes none can. */
function scansOf(file: Uint8Array): number {
  let scans = 0;
  for (let at = file.indexOf(0xff); at !== -1; at = file.indexOf(0xff, at + 1)) if (file[at + 1] === 0xda) scans++;
  return scans;
}

function fromJpeg(file: Uint8Array, { channels, maxPixels }: DecodeOptions): Pixels {
  const scans = scansOf(file);
  if (scans > JPEG_SCANS) throw new ImageError(`a JPEG file of ${scans} scans, at most ${JPEG_SCANS} are allowed`);
  const { width, height, data } = jpeg.decode(file, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: maxPixels / 1e6,
    maxMemoryUsageInMB: JPEG_MEMORY,
  });
  assertSize(width, height, maxPixels);
  if (channels === 3) return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, width * height * 3) };
  return filled(width, height, 1, (x, y, put) => {
    const at = 3 * (y * width + x);
    put(data[at]!, data[at + 1]!, data[at + 2]!, 255);
  });
}

/** Fills a picture pixel by pixel. */
function filled(
  width: number,
  height: number,
  channels: 1 | 3,
  pixel: (x: number, y: number, put: (red: number, green: number, blue: number, alpha: number) => void) => void,
): Pixels {
  const data = new Uint8Array(width * height * channels);
  let at = 0;
  const put = (red: number, green: number, blue: number, alpha: number): void => {
    const over = (value: number): number =>
      alpha === 255 ? value : Math.round((value * alpha + 255 * (255 - alpha)) / 255);
    if (channels === 1) data[at++] = Math.round(0.299 * over(red) + 0.587 * over(green) + 0.114 * over(blue));
    else {
      data[at++] = over(red);
      data[at++] = over(green);
      data[at++] = over(blue);
    }
  };
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) pixel(x, y, put);
  return { width, height, data };
}
