import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codePoints, firstCodePoints } from '../../../core/contract/code-points.ts';

/** Any units, halves of pairs without the other one included. */
const text = fc.array(fc.constantFrom('a', 'é', '\u0301', '😀', '\ud83d', '\ude00'), { maxLength: 8 });

describe('code points', () => {
  it('are what a string is made of when it is iterated', () => {
    fc.assert(
      fc.property(text, fc.nat(8), (parts, count) => {
        const whole = parts.join('');
        expect(codePoints(whole)).toBe([...whole].length);
        expect(firstCodePoints(whole, count)).toBe([...whole].slice(0, count).join(''));
      }),
    );
  });
});
