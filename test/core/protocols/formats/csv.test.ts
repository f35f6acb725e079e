import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellValue } from '../../../../core/protocols/formats/cell.ts';
import { csvCell, parseCsv } from '../../../../core/protocols/formats/csv.ts';
import { FractionalNumber } from '../../../../core/protocols/formats/exact-number.ts';

describe('parseCsv', () => {
  it('reads back whatever cells were written, with either line end', () => {
    const table = fc.tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 1, max: 5 })).chain(([width, height]) =>
      fc.array(fc.array(fc.string({ unit: 'grapheme' }), { minLength: width, maxLength: width }), {
        minLength: height,
        maxLength: height,
      }),
    );
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), fc.boolean(), (rows, end, last) => {
        const text = rows.map((row) => row.map(csvCell).join(',')).join(end) + (last ? end : '');
        // A byte order mark is no part of the first cell.
        fc.pre(!text.startsWith('\ufeff'));
        expect(parseCsv(text)).toEqual(rows);
      }),
    );
  });

  it('takes quotes, empty cells, blank lines and a byte order mark as RFC 4180 and Excel have them', () => {
    expect(parseCsv('\ufeffa,"b ""c""\n d",\r\n\r\n1,2,3\n')).toEqual([
      ['a', 'b "c"\n d', null],
      ['1', '2', '3'],
    ]);
    expect(parseCsv('1,')).toEqual([['1', null]]);
    expect(parseCsv('"",,x')).toEqual([['', null, 'x']]);
    expect(parseCsv('a\n1\n""\n\n0\n""')).toEqual([['a'], ['1'], [''], ['0'], ['']]);
    expect(parseCsv('')).toEqual([]);
  });

  it.each([
    ['a,b\n1\n', 'row 1 has 1 cells, row 0 has 2'],
    ['a,"b', 'row 0 has a quote that is not closed'],
    ['a,"b"c\n', 'row 0 has text behind a closing quote'],
    ['a,b\n1,2"3\n', 'row 1 has a quote in the middle'],
    ['1\n'.repeat(100_002), 'more than 100001 rows'],
  ])('refuses %j', (text, message) => {
    expect(() => parseCsv(text)).toThrow(message);
  });
});

describe('cellValue', () => {
  it.each([
    ['number', '1.5', 1.5],
    ['number', ' -2e3 ', -2000],
    ['number', '', null],
    ['number', 'NaN', null],
    ['number', '-nan', '-nan'],
    ['boolean', 'NA', null],
    ['boolean', '1.0', true],
    ['number', '-inf', Number.NEGATIVE_INFINITY],
    ['number', '0x10', '0x10'],
    ['number', '9007199254740993', 9007199254740993n],
    ['number', '+5', '+5'],
    ['number', '007', '007'],
    ['number', '5.', 5],
    ['integer', '5.', '5.'],
    ['integer', '5.0', 5],
    ['string', null, null],
    ['number', null, null],
    ['boolean', 'True', true],
    ['boolean', '0', false],
    ['string', '', ''],
    ['string', 'NaN', 'NaN'],
  ] as const)('of %s reads %j as %s', (type, text, value) => {
    expect(cellValue(type, text)).toEqual(value);
  });

  it('takes the tokens that the contract has for what is missing', () => {
    const read = (text: string) => cellValue('number', text, ['-999', 'none']);
    expect(['-999', ' NONE ', '', '-999.0', 'NA'].map(read)).toEqual([null, null, null, -999, 'NA']);
  });

  it('reads a hostile cell in the time of its length', () => {
    const long = 1_000_000;
    for (const cell of [
      `x${' '.repeat(long)}x`,
      `${'1'.repeat(long)}x`,
      `1.${'1'.repeat(long)}x`,
      `${' '.repeat(long)}x`,
    ])
      expect(cellValue('number', cell)).toBe(cell);
  });

  it('takes an integer however it is written, and keeps what is fractional apart', () => {
    {
      const type = 'number';
      expect(['1.0', '1e0', '1.0e0', '10e-1'].map((text) => cellValue(type, text))).toEqual([1, 1, 1, 1]);
      expect(cellValue(type, '9007199254740993.0')).toBe(9007199254740993n);
      expect(cellValue(type, '1.00000000000000000001')).toBeInstanceOf(FractionalNumber);
    }
  });
});
