import { describe, expect, it } from 'vitest';
import type { ReferencePerformance } from '../../../core/profile/profile.ts';
import { besideConstant } from '../../../core/quality/beside-constant.ts';

const classes = (...counts: readonly (readonly [rows: number, wrong: number])[]): ReferencePerformance => ({
  rows: counts.reduce((sum, [rows]) => sum + rows, 0),
  classes: counts.map(([rows, wrong], i) => ({ name: `c${i}`, rows, wrong })),
});
const squares = (error: number, ofMean: number): ReferencePerformance => ({
  rows: 400,
  squares: { rows: 400, error, ofMean, deviation: 1 },
});

describe('besideConstant', () => {
  it('finds a decision that is worth less than the most frequent class', () => {
    expect(besideConstant(classes([500, 480], [300, 299], [200, 200])).worse).toBe(
      'wrong on 97.9 % of 1000 rows of its own reference, where c0 every time would be wrong on 50 %',
    );
    expect(besideConstant(classes([700, 350], [300, 150])).worse).toContain('wrong on 50 % of 1000 rows');
  });

  it('leaves one alone that sees a rare class at the price of false alarms, and says so', () => {
    const rare = besideConstant(classes([9_900, 500], [100, 20]));
    expect(rare.worse).toBeUndefined();
    expect(rare.remark).toContain('by class it does better');
  });

  it('says nothing of one that is better, equal, or not surely worse', () => {
    expect(besideConstant(classes([500, 50], [500, 60]))).toEqual({ better: true });
    expect(besideConstant(classes([900, 0], [100, 100]))).toEqual({ better: false });
    expect(besideConstant(classes([6, 4], [4, 3]))).toEqual({ better: false });
    expect(besideConstant({ rows: 10, errorRate: 1 })).toEqual({ better: false });
  });

  it('says that labels of one class or one value tell nothing, and refuses nothing for them', () => {
    const one = besideConstant(classes([100, 90]));
    expect(one.worse).toBeUndefined();
    expect(one.remark).toMatch(/^all 100 labelled rows of its own reference have the label c0: they do not say/);
    const same = besideConstant(squares(4, 0));
    expect(same.worse).toBeUndefined();
    expect(same.remark).toContain('have the same label');
  });

  it('holds a regression against the mean of its labels', () => {
    expect(besideConstant(squares(4, 1)).worse).toBe(
      'off by 2 (RMSE) on 400 rows of its own reference, where their mean every time is off by 1',
    );
    expect(besideConstant(squares(1.1, 1))).toEqual({ better: false });
    expect(besideConstant(squares(0.5, 1))).toEqual({ better: true });
  });
});
