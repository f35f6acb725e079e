import { describe, expect, it } from 'vitest';
import { countColumn } from '../../../core/profile/count.ts';
import type { CategoricalProfile, NumericProfile } from '../../../core/profile/profile.ts';
import type { ReportedColumn } from '../../../core/report/column-findings.ts';
import { columnSections } from '../../../core/report/columns-section.ts';

const numbers: NumericProfile = {
  kind: 'numeric',
  rows: 0,
  missing: 0,
  edges: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  counts: Array.from({ length: 10 }, () => 0),
  min: null,
  max: null,
  mean: null,
  m2: null,
};
const classes: CategoricalProfile = {
  kind: 'categorical',
  rows: 0,
  missing: 0,
  categories: ['cat', 'dog'],
  counts: [0, 0],
  other: 0,
  unseen: 0,
};
const even = Array.from({ length: 100 }, (_, i) => (i % 10) + 0.5);
const column = (
  name: string,
  values: readonly (number | null)[],
  more: Partial<ReportedColumn> = {},
): ReportedColumn => ({
  name,
  profile: countColumn(numbers, values),
  baseline: countColumn(numbers, even),
  violations: 0,
  ...more,
});
const htmlOf = (columns: readonly ReportedColumn[]): string =>
  columnSections(columns, 100)
    .map(({ html }) => html)
    .join('');
const named = (html: string): string[] => [...html.matchAll(/<th scope="row">(.*?)<\/th>/g)].map(([, name]) => name!);

describe('columnSections', () => {
  it('puts what is odd first: broken rules, missing values, shifts, then the rest in the order of the file', () => {
    const html = htmlOf([
      column('quiet', even),
      column('quieter', even),
      column(
        'shifted',
        even.map(() => 0.5),
      ),
      column(
        'missing',
        even.map(() => null),
      ),
      column('broken', even, { violations: 90 }),
    ]);
    expect(named(html)).toEqual(['missing', 'broken', 'shifted', 'quiet', 'quieter']);
    expect(html).toContain('3 of 5 columns have something odd');
    expect(html).toContain('far from the baseline');
    expect(html).toContain('all missing');
  });

  it('names the classes of a label, those that the baseline does not have among them', () => {
    const label: ReportedColumn = {
      name: 'label',
      profile: countColumn(classes, ['cat', 'cat', 'bird', 'dog']),
      baseline: countColumn(classes, ['cat', 'dog']),
      summary: {
        distinct: { count: 3, exact: true },
        top: [
          { value: 'cat', count: 2 },
          { value: 'bird', count: 1 },
          { value: 'dog', count: 1 },
        ],
        histogram: null,
      },
      violations: 0,
    };
    const html = htmlOf([label]);
    for (const text of ['cat: 50.0 %, baseline 50.0 %', 'bird: 25.0 %, baseline 0.0 %', 'dog: 25.0 %'])
      expect(html).toContain(text);
    expect(html).not.toMatch(/>other<|>all others<|>unseen</);
  });

  it('folds most of a thousand columns away and stays small with the most that a contract may have', () => {
    const html = htmlOf(Array.from({ length: 5_000 }, (_, i) => column(`column_${i}`, even)));
    expect(html.match(/<figure/g)).toHaveLength(120);
    expect(named(html)).toHaveLength(5_000);
    expect(html.indexOf('<details>')).toBeLessThan(html.indexOf('column_50<'));
    expect(html.length).toBeLessThan(5_000_000);
  });

  it('shows hostile names and values as text', () => {
    const evil = '"><img src=x onerror=alert(1)>';
    const html = htmlOf([
      {
        name: evil,
        profile: countColumn({ ...classes, categories: [evil] }, [evil]),
        summary: { distinct: { count: 1, exact: true }, top: [{ value: evil, count: 1 }], histogram: null },
        violations: 0,
      },
    ]);
    expect(html).not.toContain('<img');
  });
});
