import { describe, expect, it } from 'vitest';
import { clip, formatValue } from '../../../core/errors/format-value.ts';

describe('formatValue', () => {
  it.each<[string, unknown]>([
    ['5', 5],
    ['"5"', '5'],
    ['"a\\u0000b"', 'a\0b'],
    ['9007199254740993', 9007199254740993n],
    ['null', null],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['an array', [1, 2]],
    ['an object', { secret: 1 }],
  ])('shows %s', (text, value) => {
    expect(formatValue(value)).toBe(text);
  });

  it('cuts what is long', () => {
    expect(formatValue('x'.repeat(1_000))).toBe(`"${'x'.repeat(62)}…`);
    expect(clip('x'.repeat(64))).toBe('x'.repeat(64));
    expect(clip('x'.repeat(65))).toBe(`${'x'.repeat(63)}…`);
  });
});
