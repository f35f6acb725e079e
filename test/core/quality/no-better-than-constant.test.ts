import { expect, it } from 'vitest';
import type { ReferencePerformance } from '../../../core/profile/profile.ts';
import { noBetterThanConstant } from '../../../core/quality/no-better-than-constant.ts';

const classes = (...counts: [rows: number, wrong: number][]): ReferencePerformance => ({
  rows: counts.reduce((sum, [rows]) => sum + rows, 0),
  classes: counts.map(([rows, wrong], i) => ({ name: `c${i}`, rows, wrong })),
});
const squares = (error: number, ofMean: number): ReferencePerformance => ({
  rows: 100,
  squares: { rows: 100, error, ofMean, deviation: 10 },
});

it.each([
  [
    'as wrong as the most frequent class',
    classes([50, 25], [50, 25]),
    'wrong on 50 % of 100 rows, where c0 every time',
  ],
  ['surely worse than it', classes([900, 800], [100, 90]), 'wrong on 89 % of 1000 rows'],
  ['better', classes([50, 20], [50, 20]), undefined],
  ['wrong more often, but telling rare classes apart', classes([980, 80], [20, 1]), undefined],
  ['of one class only', classes([100, 100]), undefined],
  ['an error like that of the mean', squares(4, 4), 'off by 2 (RMSE) on 100 rows'],
  ['a smaller error', squares(3.9, 4), undefined],
])('of a version that is %s', (_, performance, said) => {
  const found = noBetterThanConstant(performance);
  if (said === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(said);
});
