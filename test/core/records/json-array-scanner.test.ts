import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonArrayScanner, NotJsonArrayError } from '../../../core/records/json-array-scanner.ts';

function elementsOf(text: string | Uint8Array, size = Number.POSITIVE_INFINITY): string[] {
  const found: string[] = [];
  const scanner = new JsonArrayScanner((element) => found.push(Buffer.from(element).toString()));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) scanner.push(bytes.subarray(at, at + size));
  scanner.end();
  return found;
}

describe('JsonArrayScanner', () => {
  it('gives every element on a line of its own, whatever the layout and the chunks', () => {
    const value = fc.jsonValue();
    fc.assert(
      fc.property(fc.array(value), fc.constantFrom(0, 2), fc.integer({ min: 1, max: 50 }), (values, indent, size) => {
        const found = elementsOf(JSON.stringify(values, null, indent), size);
        expect(found.every((element) => !/[\r\n]/.test(element))).toBe(true);
        expect(found.map((element) => JSON.parse(element))).toEqual(JSON.parse(JSON.stringify(values)));
      }),
      { numRuns: 200 },
    );
  });

  it('gives objects that follow each other, and knows the byte order mark', () => {
    expect(elementsOf('{"a":[1]}\n{"b":"}"}{}')).toEqual(['{"a":[1]}', '{"b":"}"}', '{}']);
    expect(elementsOf('\ufeff[1,2]', 1)).toEqual(['1', '2']);
  });

  it('leaves a fault inside an element to whoever reads it: a line break in a text stays one', () => {
    expect(elementsOf('[{"a":no},{"b":"x\ny"}]')).toEqual(['{"a":no}', '{"b":"x\ty"}']);
  });

  it.each([
    ['[1,]', 'an element on line 1'],
    ['[,1]', 'an element'],
    ['[1,\n2', 'the end of an element on line 2'],
    ['[[1,2]', 'the end of an element'],
    ['[{"a":"]}', 'the end of an element'],
    ['[1] 2', 'nothing behind the array'],
    ['{"a":1},{"a":2}', "'{'"],
    ['7', "'{'"],
    [' ', "'['"],
    [`["${'x'.repeat(3 << 20)}"]`, 'at most 2 MiB'],
  ])('refuses %j', (text, message) => {
    expect(() => elementsOf(text)).toThrow(NotJsonArrayError);
    expect(() => elementsOf(text)).toThrow(message);
  });
});
