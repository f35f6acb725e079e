import { describe, expect, it } from 'vitest';
import { valueChanges } from '../../../core/registry/content-changes.ts';

describe('valueChanges', () => {
  it('names each value that differs, with what it was and is', () => {
    const before = { a: { b: 1, c: [1, 2] }, d: 'x' };
    const after = { a: { b: 2, c: [1, 3] }, e: null };
    expect(valueChanges('', before, after)).toEqual([
      { path: 'a.b', before: 1, after: 2 },
      { path: 'a.c', before: [1, 2], after: [1, 3] },
      { path: 'd', before: 'x', after: null },
      { path: 'e', before: null, after: null },
    ]);
  });

  it('compares parts that have names by their names, wherever they stand', () => {
    const [age, pay] = [
      { name: 'age', max: 99 },
      { name: 'pay', min: 0 },
    ];
    expect(valueChanges('f', [age, pay], [pay, { ...age, max: 120 }])).toEqual([
      { path: 'f.age.max', before: 99, after: 120 },
    ]);
    expect(valueChanges('f', [age, pay], [age])).toEqual([{ path: 'f.pay', before: pay, after: null }]);
    expect(valueChanges('f', [age, pay], [pay, age])).toEqual([
      { path: 'f', before: ['age', 'pay'], after: ['pay', 'age'] },
    ]);
    expect(valueChanges('f', [age, age], [age])).toEqual([{ path: 'f', before: [age, age], after: [age] }]);
  });

  it('takes names that objects have by themselves for names', () => {
    expect(valueChanges('f', [{ name: 'constructor', a: 1 }], [{ name: 'constructor', a: 2 }])).toEqual([
      { path: 'f.constructor.a', before: 1, after: 2 },
    ]);
    expect(valueChanges('', {}, { toString: 1 })).toEqual([{ path: 'toString', before: null, after: 1 }]);
  });
});
