import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NotTextError } from '../../../core/records/record-scanner.ts';
import { MAX_RECORD_BYTES } from '../../../core/records/scanned-record.ts';
import { isUtf16 } from '../../../core/records/utf16.ts';
import { scan } from './scan.ts';

const shapes = (file: string | Uint8Array, options = {}) =>
  scan(file, options)
    .records.slice(1)
    .map(({ line, lines, fault }) => [line, lines, fault ?? 'whole']);

describe('RecordScanner', () => {
  it.each<[string, string, [number, number, string][]]>([
    [
      'plain lines',
      'a,b\n1,2\n3,4\n',
      [
        [2, 1, 'whole'],
        [3, 1, 'whole'],
      ],
    ],
    ['a last line without an end', 'a,b\n1,2', [[2, 1, 'whole']]],
    [
      'blank lines, which are no records',
      'a,b\n\n1,2\n\n\n3,4\n\n',
      [
        [3, 1, 'whole'],
        [6, 1, 'whole'],
      ],
    ],
    [
      'blank lines in a file of one column',
      'a\n\n1\n""\n\n',
      [
        [3, 1, 'whole'],
        [4, 1, 'whole'],
      ],
    ],
    [
      'a record over lines, one of them empty',
      'a,b\n1,"x\n\ny"\n2,z\n',
      [
        [2, 3, 'whole'],
        [5, 1, 'whole'],
      ],
    ],
    [
      'CR LF, and LF among them',
      'a,b\r\n1,2\n3,4\r\n',
      [
        [2, 1, 'whole'],
        [3, 1, 'whole'],
      ],
    ],
    [
      'lone CR throughout',
      'a,b\r1,2\r\r3,"x\ry"\r',
      [
        [2, 1, 'whole'],
        [4, 2, 'whole'],
      ],
    ],
    [
      'a lone CR in a file of lines that end with LF',
      'a,b\n1\r,2\n3,4\n',
      [
        [2, 1, 'return'],
        [3, 1, 'whole'],
      ],
    ],
    [
      'a CR inside quotes, which is text',
      'a,b\n1,"x\ry"\n3,4\n',
      [
        [2, 1, 'whole'],
        [3, 1, 'whole'],
      ],
    ],
    [
      'a CR inside quotes of the header, which is text, too',
      '"a\rb",n\n1\r,2\n3,"x\ry"\n',
      [
        [2, 1, 'return'],
        [3, 1, 'whole'],
      ],
    ],
    ['a header with a break inside quotes before a lone CR', '"a\nb",n\r1,2\r', [[3, 1, 'whole']]],
    [
      'ragged rows',
      'a,b\n1\n1,2,3\n3,4\n',
      [
        [2, 1, 'fields'],
        [3, 1, 'fields'],
        [4, 1, 'whole'],
      ],
    ],
    ['a quote inside an unquoted field', 'a,b\n1,5" pipe\n', [[2, 1, 'whole']]],
    [
      'text behind a closing quote',
      'a,b\n1,"x"y\n3,4\n',
      [
        [2, 1, 'after-quote'],
        [3, 1, 'whole'],
      ],
    ],
    [
      'a record of several lines and too few fields',
      'a,b\n"x\ny"\n3,4\n',
      [
        [2, 2, 'fields'],
        [4, 1, 'whole'],
      ],
    ],
    [
      'a quote that is never closed',
      'a,b\n1,"x\n3,4\n5,6\n',
      [
        [2, 1, 'unclosed'],
        [3, 1, 'whole'],
        [4, 1, 'whole'],
      ],
    ],
    [
      'a quote that is not closed on the last line',
      'a,b\n1,2\n3,"x',
      [
        [2, 1, 'whole'],
        [3, 1, 'unclosed'],
      ],
    ],
    [
      'stray quotes one after the other, which leave the lines between them alone',
      'a,b\n1,"x\n2,y\n3,"z\n4,u\n',
      [
        [2, 1, 'unclosed'],
        [3, 1, 'whole'],
        [4, 1, 'unclosed'],
        [5, 1, 'whole'],
      ],
    ],
    [
      'a NUL, which is for the rules of columns to judge',
      'a,b\n1,\0\n3,4\n',
      [
        [2, 1, 'whole'],
        [3, 1, 'whole'],
      ],
    ],
    ['a byte order mark, and one that is text', '\ufeffa,b\n\ufeff1,2\n', [[2, 1, 'whole']]],
  ])('reads %s', (_, file, expected) => {
    expect(shapes(file)).toEqual(expected);
  });

  it('costs the record with bytes that are not UTF-8, and no other', () => {
    expect(shapes(Buffer.from('a,b\n1,\u00e9\n3,4\n', 'latin1'))).toEqual([
      [2, 1, 'encoding'],
      [3, 1, 'whole'],
    ]);
    expect(shapes('a,b\n1,\u00e9\n3,😀\n').map(([, , fault]) => fault)).toEqual(['whole', 'whole']);
  });

  it('refuses UTF-16 of either order', () => {
    expect(() => scan(Buffer.from('\ufeffa,b\n', 'utf16le'))).toThrow(NotTextError);
    expect(() => scan(Buffer.from('\ufeffa,b\n', 'utf16le').swap16())).toThrow(NotTextError);
    expect(() => scan(Buffer.from('a,b\n', 'utf16le'))).toThrow(NotTextError);
    expect(() => scan(Buffer.from('a,b\n', 'utf16le').swap16())).toThrow(NotTextError);
    // A single NUL is a fault of what it stands in.
    expect(['\0{"a":1}', '{\0"a":1}', '\0a', 'a\0'].map((text) => isUtf16(Buffer.from(text)))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it('counts the lines of a record up to the limit, and takes one line where there are more', () => {
    const file = (breaks: number) => `a,b\n1,"x${'\n'.repeat(breaks)}"\n2,y\n`;
    expect(shapes(file(2), { maxRecordLines: 3 })).toEqual([
      [2, 3, 'whole'],
      [5, 1, 'whole'],
    ]);
    const over = shapes(file(3), { maxRecordLines: 3 });
    expect(over[0]).toEqual([2, 1, 'unclosed']);
    expect(over.at(-1)).toEqual([6, 1, 'whole']);
  });

  it.each([100_000, 65_536, Number.POSITIVE_INFINITY])('gives up a line beyond the limit, in chunks of %s', (chunk) => {
    const long = 'x'.repeat(MAX_RECORD_BYTES + 5);
    const { records, totals } = scan(`a,b\r\n${long},1\r\n1,2\r\n3,"${long}\r\n`, { chunk });
    expect(records.map(({ line, length, fault, end }) => [line, length, fault, end])).toEqual([
      [1, 3, undefined, 'crlf'],
      [2, long.length + 2, 'too-long', 'crlf'],
      [3, 3, undefined, 'crlf'],
      [4, long.length + 3, 'too-long', 'crlf'],
    ]);
    expect(totals).toMatchObject({ lines: 4, blank: 0 });
  });

  it('takes time in proportion to a file, whatever the share of stray quotes', () => {
    const file = (share: number): Buffer =>
      Buffer.from(
        `a,b\n${Array.from({ length: 60_000 }, (_, i) => (i % 100 < share ? '1,"stray' : '1,plain')).join('\n')}`,
      );
    const time = (share: number): number => {
      const data = file(share);
      const times = Array.from({ length: 5 }, () => {
        const from = performance.now();
        scan(data);
        return performance.now() - from;
      });
      return Math.min(...times);
    };
    time(0);
    expect(time(40) / time(0)).toBeLessThan(6);
  });
});

const piece = fc.constantFrom(
  ...[
    'a',
    '1',
    'é',
    '😀',
    ',',
    ',',
    '"',
    '"',
    '""',
    '\n',
    '\n',
    '\r\n',
    '\r',
    '\0',
    ' ',
    '\ufeff',
    '","',
    '"\n',
    '\n"',
  ],
);
const text = fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join('')));
/** Now and then with a byte that is no UTF-8. */
const file = fc
  .tuple(text, fc.option(fc.nat(), { freq: 4 }), fc.constantFrom('a,b\n', 'a,b\r\n', 'a\n', 'a,b\r', ''))
  .map(([body, broken, head]) => {
    if (broken !== null && body.length > 0) body[broken % body.length] = 0xff;
    return Buffer.concat([Buffer.from(head), body]);
  })
  .filter((bytes) => !isUtf16(bytes));
const limits = fc.constantFrom(1, 2, 3, 50);

describe('the records of a file', () => {
  it('account for every line and every byte', () => {
    fc.assert(
      fc.property(file, limits, (bytes, maxRecordLines) => {
        const { records, totals } = scan(bytes, { maxRecordLines });
        const lines = records.reduce((sum, record) => sum + record.lines, totals.blank);
        expect(lines).toBe(totals.lines);
        expect(totals.bytes).toBe(bytes.length);
        // Between records is nothing but ends of lines.
        let at = bytes.subarray(0, 3).equals(Buffer.from('\ufeff')) ? 3 : 0;
        for (const { offset, length, end, raw } of records) {
          expect(bytes.toString('latin1', at, offset)).toMatch(/^[\r\n]*$/);
          expect(raw).toBe(bytes.toString('latin1', offset, offset + length));
          at = offset + length + { none: 0, lf: 1, crlf: 2, cr: 1 }[end];
        }
        expect(bytes.toString('latin1', at)).toMatch(/^[\r\n]*$/);
        // Which breaks quotes enclose the scanner alone knows: with any, either convention may hold.
        const physical = [
          lineCount(bytes),
          ...(bytes.includes('"') ? [lineCount(bytes, true), lineCount(bytes, false)] : []),
        ];
        expect(physical).toContain(totals.lines);
      }),
      { numRuns: 2_000 },
    );
  });

  it('do not depend on how the file comes in chunks', () => {
    fc.assert(
      fc.property(file, limits, fc.integer({ min: 1, max: 9 }), (bytes, maxRecordLines, chunk) => {
        expect(scan(bytes, { maxRecordLines, chunk })).toEqual(scan(bytes, { maxRecordLines }));
      }),
      { numRuns: 1_000 },
    );
  });

  it('do not depend on each other', () => {
    const HEAD = 'a,b\n';
    const field = fc.oneof(
      fc.constantFrom(
        '1',
        '',
        '5" pipe',
        'x\r',
        '\0',
        '"q"',
        '""',
        '"a,b"',
        '"two\nlines"',
        '"\n\n"',
        '"x"y',
        '"say ""so"""',
      ),
      fc.constant('\u00e9'),
    );
    const record = fc
      .array(field, { minLength: 1, maxLength: 3 })
      .map((fields) => fields.join(','))
      .filter((raw) => raw !== '' && !raw.endsWith('\r'));
    const filler = fc.constantFrom('', '\n', '\n\n');
    fc.assert(
      fc.property(fc.array(fc.tuple(record, filler), { maxLength: 12 }), (rows) => {
        const alone = rows.map(([raw]) => {
          const { records } = scan(`${HEAD}${raw}\n`);
          expect(records).toHaveLength(2);
          return [records[1]!.raw, records[1]!.lines, records[1]!.fault];
        });
        const { records } = scan(HEAD + rows.map(([raw, blank]) => `${raw}\n${blank}`).join(''));
        expect(records.slice(1).map(({ raw, lines, fault }) => [raw, lines, fault])).toEqual(alone);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are those that a file has which begins with them', () => {
    const HEAD = 'a,b\n';
    // Mostly lines that leave open what the line before has opened, so that records nearly reach the limit.
    const pieces = fc.constantFrom('x","\n', '","\n', '"",\n', '1,"\n', 'y\n', '"\n', '"a\n', '""', 'é', '\u001f');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), fc.constantFrom(2, 3, 4, 6), (parts, maxRecordLines) => {
        const bytes = Buffer.from(HEAD + parts.join(''));
        for (const { offset, raw, lines, fields, fault, breaks } of scan(bytes, { maxRecordLines }).records.slice(1)) {
          const rest = Buffer.concat([Buffer.from(HEAD), bytes.subarray(offset)]);
          const [, first] = scan(rest, { maxRecordLines }).records;
          // What is cut short has no number of fields.
          const counted = fault === undefined || fault === 'fields' ? { fields } : {};
          expect(first).toMatchObject({ raw, lines, fault, breaks, ...counted });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('are the same beside a stray quote, among records without quotes', () => {
    const rows = fc.array(fc.constantFrom('1,2', '1', '1,"stray', '"stray,2', '1,a"b', '', '1,2,3'), {
      maxLength: 120,
    });
    fc.assert(
      fc.property(rows, limits, (lines, maxRecordLines) => {
        const expected = lines.flatMap((line, i) => {
          if (line === '') return [];
          if (line.includes('"stray')) return [[i + 2, 1, 'unclosed']];
          return [[i + 2, 1, line.split(',').length === 2 ? 'whole' : 'fields']];
        });
        expect(shapes(`a,b\n${lines.map((line) => `${line}\n`).join('')}`, { maxRecordLines })).toEqual(expected);
      }),
    );
  });
});

/** Physical lines, found by another way. */
function lineCount(bytes: Buffer, returnEnds?: boolean): number {
  const text = bytes.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
  const first = /\r\n|\r|\n/.exec(text)?.[0];
  const ends = (returnEnds ?? first === '\r') ? /\r\n|\r|\n/ : /\n/;
  const lines = text.split(ends);
  if (lines.at(-1) === '') lines.pop();
  return lines.length;
}
