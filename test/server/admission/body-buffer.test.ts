import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyBuffer } from '../../../server/admission/body-buffer.ts';

describe('A body', () => {
  it('is what has arrived, however it was cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 5_000 }), { maxLength: 40 }), (pieces) => {
        const buffer = new BodyBuffer();
        for (const piece of pieces) buffer.add(Buffer.from(piece));
        expect(buffer.whole().equals(Buffer.concat(pieces))).toBe(true);
        expect(buffer.length).toBe(buffer.whole().length);
      }),
    );
  });

  it('of 2 million pieces of a byte holds no more than twice their bytes, and says so', () => {
    const count = 2_000_000;
    const buffer = new BodyBuffer();
    const piece = Buffer.from('x');
    let most = 0;
    for (let i = 0; i < count; i++) {
      buffer.add(piece);
      if (i > 2_000) most = Math.max(most, buffer.held / buffer.length);
    }
    expect(most).toBeLessThanOrEqual(2);
    expect(buffer.held).toBeLessThan(count + 64 * 1024 + 1);
    expect(buffer.whole()).toHaveLength(count);
  });

  it('of one piece is that piece', () => {
    const piece = Buffer.from('whole');
    const buffer = new BodyBuffer();
    buffer.add(piece);
    expect(buffer.whole()).toBe(piece);
    expect(new BodyBuffer().whole()).toHaveLength(0);
  });
});
