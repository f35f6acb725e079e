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
