import { describe, expect, it } from 'vitest';
import { certainValues } from '../../../core/contract/certain-values.ts';
import { numberHolder, STRINGS } from '../../../core/contract/holder.ts';
import type { BoundRule } from '../../../core/contract/rules/rule.ts';
import type { Certain } from '../../../core/contract/types/value-type.ts';

const rule = (certain: Certain | undefined, breaks: BoundRule['breaks'] = () => false): BoundRule => ({
  allowed: '',
  breaks,
  ...(certain === undefined ? {} : { certain }),
});
const float = numberHolder('float32');

describe('certainValues', () => {
  it('are what all rules and the input are certain of', () => {
    const rules = [rule({}), rule({ lowest: -5 }), rule({ lowest: 0, highest: 500 })];
    expect(certainValues(rules, float)).toMatchObject({ lowest: 0, highest: 500, whole: false, values: undefined });
    expect(certainValues(rules, numberHolder('int8'))).toMatchObject({ lowest: 0, highest: 127, whole: true });
    expect(certainValues([rule({}), rule({ maxUnits: 3 })], STRINGS)).toMatchObject({ maxUnits: 3 });
  });

  it('are those of a list that break no other rule', () => {
    const list = [rule({ values: [1, 2, 300] }), rule({ lowest: 2 }, (value) => (value as number) < 2)];
    expect(certainValues(list, float).values).toEqual(new Set([2, 300]));
    expect(certainValues(list, numberHolder('int8')).values).toEqual(new Set([2]));
  });

  it('are none where one rule says nothing: it is asked about every value', () => {
    const rules = [rule({ missing: true, booleans: true }), rule(undefined)];
    expect(certainValues(rules.slice(0, 1), float)).toMatchObject({ missing: true, booleans: true });
    const { lowest, highest, maxUnits, booleans, missing } = certainValues(rules, float);
    expect(lowest).toBeGreaterThan(highest);
    expect(maxUnits).toBeLessThan(0);
    expect([booleans, missing]).toEqual([false, false]);
  });
});
