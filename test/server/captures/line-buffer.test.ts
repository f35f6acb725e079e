import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineBuffer } from '../../../server/captures/line-buffer.ts';

const text = (buffer: LineBuffer): string => Buffer.concat(buffer.pieces()).toString('utf8');
const lineOf = () => fc.string({ unit: 'grapheme', maxLength: 40 }).map((line) => line.replaceAll('\n', ' '));

describe('LineBuffer', () => {
  it('gives back every line in its order, whatever its characters, also when some were taken and put back', () => {
    fc.assert(
      fc.property(fc.array(lineOf()), fc.array(lineOf()), (first, second) => {
        const buffer = new LineBuffer();
        for (const line of first) buffer.add(line);
        const taken = buffer.take();
        for (const line of second) buffer.add(line);
        expect(text(buffer)).toBe(second.map((line) => `${line}\n`).join(''));
        buffer.putBack(taken);
        const whole = [...first, ...second].map((line) => `${line}\n`).join('');
        expect(text(buffer)).toBe(whole);
        expect(buffer.bytes).toBe(Buffer.byteLength(whole));
      }),
    );
  });

  it('keeps lines longer than a chunk whole', () => {
    const buffer = new LineBuffer();
    const lines = ['short', 'ü'.repeat(100_000), 'x'.repeat(300_000), 'end'];
    for (const line of lines) buffer.add(line);
    expect(text(buffer)).toBe(`${lines.join('\n')}\n`);
  });

  it('keeps what comes in room that is used again as it came, after deliveries of any size', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat({ max: 150_000 }), { maxLength: 5 }), { maxLength: 8 }), (deliveries) => {
        const buffer = new LineBuffer();
        for (const [round, sizes] of deliveries.entries()) {
          const lines = sizes.map((size, i) => `${round}.${i} ${'x'.repeat(size)}`);
          for (const line of lines) buffer.add(line);
          const taken = buffer.take();
          expect(text(taken)).toBe(lines.map((line) => `${line}\n`).join(''));
          buffer.reuse(taken);
          expect(taken.bytes).toBe(0);
          expect(buffer.bytes).toBe(0);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('drops the oldest lines, whole ones, and says how many', () => {
    const buffer = new LineBuffer();
    for (let i = 0; i < 10_000; i++) buffer.add(`${i} ${'x'.repeat(100)}`);
    const before = buffer.bytes;
    const dropped = buffer.discardOldest(before / 2);
    expect(buffer.bytes).toBeLessThanOrEqual(before / 2);
    expect(buffer.bytes).toBeGreaterThan(before / 3);
    const left = text(buffer).split('\n').slice(0, -1);
    expect(left.map((line) => Number(line.split(' ')[0]))).toEqual(
      Array.from({ length: 10_000 - dropped }, (_, i) => dropped + i),
    );
  });
});
