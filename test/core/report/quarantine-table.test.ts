import { describe, expect, it } from 'vitest';
import { quarantineTable, type RowFormat, type ShownRow } from '../../../core/report/quarantine-table.ts';

const format: RowFormat = { columns: ['id', 'n', 's'], form: 'text', delimiter: ',', withheld: false };
const type = { feature: 'n', rule: 'type', allowed: 'an integer' };

/** Cells of the table, row by row, with `[…]` around what is marked. */
function cells(html: string): string[][] {
  return [...html.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...row!.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) =>
      cell!
        .replaceAll(/<mark>(.*?)<\/mark>/g, '[$1]')
        .replaceAll(/<[^>]+>/g, '')
        .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))),
    ),
  );
}
const table = (rows: readonly ShownRow[], of: Partial<RowFormat> = {}): string[][] =>
  cells(quarantineTable(rows, { ...format, ...of }));

describe('quarantineTable', () => {
  it('sets cells under their header, those that break a rule first and marked, with the physical lines', () => {
    expect(table([{ line: 5, lines: 2, raw: '7,x,"a\nb, c"', reasons: [{ ...type, received: 'x' }] }])).toEqual([
      ['line', 'reasons', 'n', 'id', 's'],
      ['5–6', 'n type: an integer, received x', '[x]', '7', 'a⏎b, c'],
    ]);
  });

  it('marks every column of a key', () => {
    const reasons = [{ feature: 'id + s', rule: 'duplicate', allowed: 'each key once' }];
    expect(table([{ line: 3, raw: '1,2,a', reasons }])[1]!.slice(2)).toEqual(['[1]', '[a]', '2']);
  });

  it('shows a row that is not made of such cells as it came', () => {
    const reasons = [{ feature: '(line)', rule: 'unreadable', allowed: 'as many fields as the header has' }];
    const [, ragged, cut] = table([
      { line: 2, raw: '1,2', reasons },
      { line: 3, raw: '1,2,aaaa', cut: true, reasons },
    ]);
    expect(ragged!.slice(2)).toEqual(['1,2']);
    expect(cut!.slice(2)).toEqual(['1,2,aaaa']);
  });

  it('reads JSON to the last digit, and tells null from nothing', () => {
    const raw = '{"n":9223372036854775808,"s":null}';
    expect(table([{ line: 1, raw, reasons: [type] }], { form: 'json' })[1]!.slice(2)).toEqual([
      '[9223372036854775808]',
      'none',
      'null',
    ]);
  });

  it('shows of a row of Parquet what its reasons tell', () => {
    const rows = [{ line: 4, reasons: [{ ...type, received: 1.5 }] }];
    expect(table(rows, { form: 'parquet' })).toEqual([
      ['line', 'reasons', 'n'],
      ['4', 'n type: an integer, received 1.5', '[1.5]'],
    ]);
  });

  it('shows no cell where the contract marks personal fields', () => {
    const html = quarantineTable([{ line: 2, reasons: [type] }], { ...format, withheld: true });
    expect(html).toContain('withheld');
    expect(cells(html)).toEqual([
      ['line', 'reasons'],
      ['2', 'n type: an integer'],
    ]);
  });

  it('shows some columns of very many, and is of a bounded size whatever the rows hold', () => {
    const columns = Array.from({ length: 5_000 }, (_, i) => `c${i}`);
    const raw = columns.map(() => 'y'.repeat(50)).join(',');
    const reasons = columns.map((feature) => ({ ...type, feature, received: 'z'.repeat(70_000) }));
    const html = quarantineTable(
      Array.from({ length: 30 }, (_, i) => ({ line: i + 2, raw, reasons })),
      { ...format, columns },
    );
    expect(html).toContain('16 of 5,000 columns are shown');
    expect(html.length).toBeLessThan(500_000);
  });

  it('shows hostile names and values as text', () => {
    const evil = '<script>alert(1)</script>';
    const html = quarantineTable(
      [
        {
          line: 2,
          raw: `${evil},\u202e\u0007,"a"`,
          reasons: [{ feature: evil, rule: 'type', allowed: evil, received: evil }],
        },
      ],
      { ...format, columns: [evil, 'n', 's'] },
    );
    expect(html).not.toContain('<script');
    expect(html).toContain('\\u{202e}\\u{7}');
  });
});
