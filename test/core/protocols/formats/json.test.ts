import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FractionalNumber } from '../../../../core/protocols/formats/exact-number.ts';
import { bodyText, parseJson } from '../../../../core/protocols/formats/json.ts';
import { ProtocolError } from '../../../../core/protocols/protocol.ts';

/** Bigints and fractions as numbers, so that what was read exactly compares with what JSON.parse gives. */
const loose = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof FractionalNumber) return value.valueOf();
  if (Array.isArray(value)) return value.map(loose);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, loose(inner)]));
  return value;
};

describe('parseJson', () => {
  it('reads exactly what JSON.parse reads, with any white space', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(loose(parseJson(text, true))).toEqual(loose(JSON.parse(text)));
      }),
    );
  });

  it('refuses exactly what JSON.parse refuses, but for the three bare words', () => {
    const json = fc
      .json()
      .chain((text) =>
        fc.tuple(
          fc.constant(text),
          fc.nat(text.length),
          fc.constantFrom('', ',', '"', '}', ']', '1', '\\', '\n', '-', '.'),
        ),
      );
    fc.assert(
      fc.property(json, ([text, at, change]) => {
        const mutated = text.slice(0, at) + change + text.slice(at + 1);
        let expected: unknown;
        let refused = false;
        try {
          expected = JSON.parse(mutated);
        } catch {
          refused = true;
        }
        if (refused) expect(() => parseJson(mutated, true)).toThrow(ProtocolError);
        else expect(loose(parseJson(mutated, true))).toEqual(loose(expected));
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes the bare words that clients of other servers send', () => {
    expect(parseJson('{"data":[NaN, Infinity,-Infinity,null,1.5]}', false)).toEqual({
      data: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, null, 1.5],
    });
  });

  it('keeps every digit of integers however they are written, and what is fractional as such, where asked for', () => {
    const known: [string, unknown][] = [
      ['9007199254740993', 9007199254740993n],
      ['-9223372036854775808', -9223372036854775808n],
      ['9007199254740993.0', 9007199254740993n],
      ['9007199254740993.5', new FractionalNumber('9007199254740993.5')],
      ['90071992547409930e-1', 9007199254740993n],
      ['9.007199254740993e15', 9007199254740993n],
      ['1.8446744073709551615e19', 18446744073709551615n],
      ['1', 1],
      ['-0', -0],
      ['-0.0', -0],
      ['0e5', 0],
      ['1.5', 1.5],
      ['1.0', 1],
      ['1e2', 100],
      ['0.1e1', 1],
      ['100e-2', 1],
      ['1.00000000000000000001', new FractionalNumber('1.00000000000000000001')],
      ['0.99999999999999999999', new FractionalNumber('0.99999999999999999999')],
      ['1e-400', new FractionalNumber('1e-400')],
      ['0e-400', 0],
      ['1e400', Number.POSITIVE_INFINITY],
      ['1e22', 1e22],
    ];
    for (const [text, value] of known) {
      expect(parseJson(text, true), text).toStrictEqual(value);
      expect(parseJson(`[${text},NaN]`, true), text).toStrictEqual([value, Number.NaN]);
      expect(parseJson(text, false), text).toBe(Number(text));
    }
  });

  it('takes no longer than its length for a hostile number', () => {
    for (const text of [
      `0.${'0'.repeat(1_000_000)}1`,
      '9'.repeat(1_000_000),
      `1${'0'.repeat(1_000_000)}.0`,
      `1e${'9'.repeat(1_000_000)}`,
    ])
      expect(parseJson(`[${text},NaN]`, true), text.slice(0, 9)).toHaveLength(2);
  });

  it('reads a number the same, however it is written, alone or beside one that only the scanner can tell', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789099'), maxLength: 22 });
    const number = fc
      .record({
        sign: fc.constantFrom('', '-'),
        whole: digits,
        fraction: fc.option(digits),
        exponent: fc.option(fc.integer({ min: -30, max: 30 })),
      })
      .map(({ sign, whole, fraction, exponent }) =>
        [sign, whole.replace(/^0+(?=.)/, '') || '0', fraction && `.${fraction}`, exponent !== null && `e${exponent}`]
          .filter(Boolean)
          .join(''),
      );
    fc.assert(
      fc.property(number, (text) => {
        const [alone] = parseJson(`[${text}]`, true) as unknown[];
        const [beside] = parseJson(`[${text},NaN]`, true) as unknown[];
        expect(alone).toEqual(beside);
        expect(Number(alone)).toBe(Number(text));
        // The definition, by rational arithmetic: digits times a power of ten.
        const [, sign, before, after = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d*))?(?:e(.+))?$/.exec(text)!;
        const shift = Number(exponent) - after.length;
        const digits = BigInt(before + after);
        const whole = shift >= 0 || digits % 10n ** BigInt(-shift) === 0n;
        const value = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
        if (!whole) expect(typeof alone === 'bigint' || Number.isInteger(alone)).toBe(false);
        else if (value < 2n ** 64n) expect(BigInt(alone as number | bigint)).toBe(sign === '-' ? -value : value);
      }),
      { numRuns: 1_000 },
    );
  });

  it('does not let a key change the prototype', () => {
    const parsed = parseJson('{"__proto__": {"polluted": 1}}', true) as Record<string, unknown>;
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect(Object.hasOwn(parsed, '__proto__')).toBe(true);
  });

  it('refuses nesting that would end the stack, at once', () => {
    expect(() => parseJson('['.repeat(3_000_000), false)).toThrow('nested deeper than 64');
    expect(() => parseJson(`${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`, true)).toThrow('nested deeper than 64');
  });

  it('refuses nesting however it is written, and no brackets in strings', () => {
    // Some with more between them than is looked at one by one.
    const rows = `[${'1.25,'.repeat(20)}`;
    const texts = `["${'x'.repeat(30)}]\\\\",`;
    const bracket = fc.constantFrom('[', '[ ', '[[],', '["]]]]",', '["\\\\\\"]",', '{"a":', '{"]":', rows, texts);
    fc.assert(
      fc.property(fc.array(bracket, { minLength: 70, maxLength: 400 }), fc.boolean(), (brackets, exact) => {
        const open = brackets.join('');
        const close = brackets.map((each) => (each.startsWith('[') ? ']' : '}')).reverse();
        expect(() => parseJson(`${open}1${close.join('')}`, exact)).toThrow('nested deeper than 64');
        const text = JSON.stringify([open, { [open]: '\\' }, '"[{'.repeat(70)]);
        expect(parseJson(text, exact)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('reads a megabyte of digits without stalling', () => {
    const started = performance.now();
    expect(parseJson('9'.repeat(1_000_000), true)).toBe(Number.POSITIVE_INFINITY);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('says where the mistake is', () => {
    expect(() => parseJson('{"a" 1}', false)).toThrow('malformed JSON: found "1" at position 5, expected \':\'');
  });
});

describe('textOf', () => {
  it('refuses bytes that are not UTF-8', () => {
    expect(() => bodyText(new Uint8Array([0x22, 0xff, 0x22]))).toThrow('not UTF-8');
    expect(bodyText(new TextEncoder().encode('héllo'))).toBe('héllo');
  });
});
