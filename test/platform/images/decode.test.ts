import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { encode as encodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { decodeImage, ImageError } from '../../../platform/images/decode.ts';

const options = { channels: 3, maxPixels: 1_000 } as const;
const png = (data: Uint8Array | Uint16Array, channels: 1 | 2 | 3 | 4, depth: 8 | 16 = 8, width = 2) =>
  encodePng({ width, height: data.length / channels / width, data, channels, depth });

describe('decodeImage', () => {
  it('gives the pixels of a PNG as they were', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.infiniteStream(fc.nat(255)),
        (width, height, bytes) => {
          const data = Uint8Array.from({ length: width * height * 3 }, () => bytes.next().value);
          expect(decodeImage(encodePng({ width, height, data, channels: 3, depth: 8 }), options)).toEqual({
            width,
            height,
            data,
          });
        },
      ),
    );
  });

  it.each([
    ['grey', png(Uint8Array.of(0, 200), 1), [0, 0, 0, 200, 200, 200]],
    ['16 bits a sample', png(Uint16Array.of(0, 0xff00), 1, 16), [0, 0, 0, 255, 255, 255]],
    ['what is transparent on white', png(Uint8Array.of(10, 20, 30, 255, 0, 0, 0, 0), 4), [10, 20, 30, 255, 255, 255]],
    ['grey that is half transparent', png(Uint8Array.of(0, 128, 100, 255), 2), [127, 127, 127, 100, 100, 100]],
  ])('gives %s as red, green and blue', (_, file, pixels) => {
    expect([...decodeImage(file, options).data]).toEqual(pixels);
  });

  it('weighs colours where grey is wanted', () => {
    const file = png(Uint8Array.of(255, 0, 0, 0, 255, 0), 3);
    expect([...decodeImage(file, { ...options, channels: 1 }).data]).toEqual([76, 150]);
  });

  it('gives a JPEG as good as its quality is', () => {
    const data = Buffer.alloc(16 * 16 * 4, 255);
    for (let i = 0; i < data.length; i += 4) data.set([200, 100, 50], i);
    const { width, height, data: pixels } = decodeImage(jpeg.encode({ width: 16, height: 16, data }, 95).data, options);
    expect([width, height, pixels.length]).toEqual([16, 16, 768]);
    for (const [i, value] of [200, 100, 50].entries()) expect(Math.abs(pixels[i]! - value)).toBeLessThan(6);
  });

  it('unpacks nothing that says it is larger than allowed', () => {
    const header = png(Uint8Array.of(1, 2), 1).slice();
    new DataView(header.buffer, header.byteOffset).setUint32(16, 100_000);
    expect(() => decodeImage(header, options)).toThrow(/100000 x 1 pixels, at most 1000/);
    const big = jpeg.encode({ width: 64, height: 64, data: Buffer.alloc(64 * 64 * 4) }, 50).data;
    expect(() => decodeImage(big, options)).toThrow(ImageError);
  });

  /** A PNG chunk; nobody looks at its checksum. */
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
  };
  const header = ({ width = 10, height = 10, depth = 8, colours = 2, interlaced = 0 } = {}): Buffer => {
    const data = Buffer.alloc(13);
    data.writeUInt32BE(width, 0);
    data.writeUInt32BE(height, 4);
    data.set([depth, colours, 0, 0, interlaced], 8);
    return Buffer.concat([Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), chunk('IHDR', data)]);
  };
  const zeros = (bytes: number) => deflateSync(Buffer.alloc(bytes));
  /** 40 MB in 40 kB. */
  const MANY = zeros(40_000_000);
  const end = chunk('IEND', Buffer.alloc(0));

  it('inflates no more of a PNG than its size says, however much more there is', () => {
    // Ten by ten pixels take 310 bytes.
    const bomb = Buffer.concat([header(), chunk('IDAT', MANY), end]);
    expect(bomb.length).toBeLessThan(60_000);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decodeImage(bomb, options)).toThrow('it unpacks to more than the 310 bytes of its pixels');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });

  it('leaves what is no picture in a PNG unread: profiles, texts, further frames', () => {
    const profile = chunk('iCCP', Buffer.concat([Buffer.from('p\0\0'), MANY]));
    const text = chunk('zTXt', Buffer.concat([Buffer.from('t\0\0'), MANY]));
    const frame = chunk('fdAT', Buffer.concat([Buffer.alloc(4), MANY]));
    const file = Buffer.concat([header(), profile, text, chunk('IDAT', zeros(310)), frame, end]);
    const before = process.memoryUsage().arrayBuffers;
    expect(decodeImage(file, options)).toEqual({ width: 10, height: 10, data: new Uint8Array(300) });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });

  it('knows how many bytes pixels take, of every kind, interlaced and not', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom([0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [2, 8], [2, 16], [4, 8], [4, 16], [6, 8], [6, 16]),
        (width, height, [colours = 0, depth = 8]) => {
          const samples = { 0: 1, 2: 3, 4: 2, 6: 4 }[colours]!;
          const size = height * (1 + Math.ceil((width * samples * depth) / 8));
          const file = (bytes: number) =>
            Buffer.concat([header({ width, height, depth, colours }), chunk('IDAT', zeros(bytes)), end]);
          expect(decodeImage(file(size), options)).toMatchObject({ width, height });
          for (const bytes of [size - 1, size + 1]) expect(() => decodeImage(file(bytes), options)).toThrow(ImageError);
        },
      ),
      { numRuns: 50 },
    );
    // Interlaced, eight by eight: 1, 1, 2, 4, 8, 16 and 32 pixels in rows of their own.
    const rows = (1 + 3) + (1 + 3) + (1 + 6) + 2 * (1 + 6) + 2 * (1 + 12) + 4 * (1 + 12) + 4 * (1 + 24); // biome-ignore format: by pass
    const square = { width: 8, height: 8, interlaced: 1 };
    const whole = Buffer.concat([header(square), chunk('IDAT', zeros(rows)), end]);
    expect(decodeImage(whole, options).data).toEqual(new Uint8Array(192));
    const short = Buffer.concat([header(square), chunk('IDAT', zeros(rows - 1)), end]);
    expect(() => decodeImage(short, options)).toThrow(`it has ${rows - 1} of the ${rows} bytes of its pixels`);
  });

  it('goes over a JPEG no more often than any honest one wants', () => {
    const file = jpeg.encode({ width: 16, height: 16, data: Buffer.alloc(16 * 16 * 4, 90) }, 50).data;
    const scan = file.subarray(file.lastIndexOf(Buffer.of(0xff, 0xda)), file.length - 2);
    const again = (times: number) =>
      Buffer.concat([file.subarray(0, -2), ...new Array<Uint8Array>(times).fill(scan), file.subarray(-2)]);
    expect(() => decodeImage(again(1_000), options)).toThrow('a JPEG file of 1001 scans, at most 20 are allowed');
  });

  it('refuses any other bytes, and any damaged file, as no picture', () => {
    const files = [
      png(new Uint8Array(300).fill(7), 3, 8, 10),
      jpeg.encode({ width: 8, height: 8, data: Buffer.alloc(256, 90) }, 50).data,
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat(2_000), fc.nat(255)), { maxLength: 8 }),
        fc.nat(400),
        (file, edits, cut) => {
          const damaged = Uint8Array.from(file.subarray(0, Math.max(0, file.length - cut)));
          for (const [at, byte] of edits) if (at < damaged.length) damaged[at] = byte;
          try {
            const { width, height, data } = decodeImage(damaged, options);
            expect(data.length).toBe(width * height * 3);
          } catch (error) {
            expect(error).toBeInstanceOf(ImageError);
          }
        },
      ),
    );
  });
});
