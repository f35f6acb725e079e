import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineRanges, LineRangesError } from '../../../core/quarantine/line-ranges.ts';

describe('LineRanges', () => {
  it('holds the lines that it was made of and no others, however it is written', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 })), (lines) => {
        const ranges = LineRanges.of(lines);
        const known = new Set(lines);
        for (let line = 0; line <= 61; line++) expect(ranges.has(line)).toBe(known.has(line));
        expect(ranges.size).toBe(known.size);
        expect(LineRanges.parse(ranges.toString()).toString()).toBe(ranges.toString());
      }),
    );
  });

  it('is written in its shortest form', () => {
    expect(LineRanges.parse('9, 3,7-8,8-9').toString()).toBe('3,7-9');
  });

  it.each(['0', '3-', '7-3', 'a', '1;2', '1,,2', '1.5', '-1', '1'.repeat(200_000)])('refuses %.12s', (text) => {
    expect(() => LineRanges.parse(text)).toThrow(LineRangesError);
  });
});
