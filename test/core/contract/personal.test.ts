import { describe, expect, it } from 'vitest';
import { Contract } from '../../../core/contract/contract.ts';
import { needsKeys, personalColumns, treatmentBy, treatmentOf } from '../../../core/contract/personal.ts';

const features = [
  { name: 'age', type: 'integer', personal: 'encrypt' },
  { name: 'amount', type: 'float' },
];
const contract = (data: object, own: object[] = features) => Contract.safeParse({ features: own, data });
const faults = (data: object, own?: object[]) => contract(data, own).error?.issues.map(({ message }) => message);

describe('a contract with personal columns', () => {
  it('marks columns that are no features, too', () => {
    const marked = contract({
      id: 'row',
      label: 'sick',
      extra: ['customer'],
      personal: { sick: 'omit', customer: 'hash' },
    });
    expect(personalColumns(marked.data!)).toEqual(['age', 'sick', 'customer']);
    expect(['age', 'amount', 'row', 'sick', 'customer'].map((name) => treatmentOf(marked.data!, name))).toEqual([
      'encrypt',
      'no',
      'no',
      'omit',
      'hash',
    ]);
  });

  it.each([
    [{ personal: { nobody: 'hash' } }, 'nobody is none of the columns (none)'],
    [{ id: 'row', personal: { age: 'hash' } }, 'age is a feature: mark it personal there'],
    [{ subject: 'nobody' }, 'nobody is neither a feature nor a column'],
    [{ subject: 'amount' }, 'amount is a float, a subject is a string or an integer'],
    [{ id: 'row', subject: 'row' }, 'row is marked personal: no, a subject is marked hash or encrypt'],
    [
      { id: 'row', personal: { row: 'omit' }, subject: 'row' },
      'row is marked personal: omit, a subject is marked hash or encrypt',
    ],
  ])('refuses what cannot be meant: %j', (data, fault) => {
    expect(faults(data)).toEqual([fault]);
  });

  it('takes a whole number for a subject only where no two of those let in are one', () => {
    const largest = Number.MAX_SAFE_INTEGER;
    const number = (rules: object) =>
      faults({ subject: 'customer' }, [{ name: 'customer', type: 'integer', personal: 'hash', ...rules }]);
    expect(number({ min: 1, max: largest })).toBeUndefined();
    for (const rules of [{}, { min: 1 }, { min: 1, max: 2 ** 53 }, { min: 1, max: largest, onViolation: 'flag' }])
      expect(number(rules)).toEqual([expect.stringContaining('customer is an integer that may lose digits')]);
  });

  it('takes a subject that can be found again', () => {
    expect(faults({ id: 'row', personal: { row: 'hash' }, subject: 'row' })).toBeUndefined();
  });

  it('needs keys only for what is hashed or encrypted', () => {
    expect(needsKeys(contract({}).data!)).toBe(true);
    expect(needsKeys(contract({}, [{ name: 'age', type: 'integer', personal: 'omit' }]).data!)).toBe(false);
    expect(needsKeys(contract({}, []).data!)).toBe(false);
  });

  it('leaves out what cannot be treated', () => {
    const of = { owner: 'm', field: 'f' };
    expect(treatmentBy('no', of, undefined)?.('x')).toBe('x');
    for (const treatment of ['omit', 'hash', 'encrypt'] as const)
      expect(treatmentBy(treatment, of, undefined)).toBeUndefined();
  });
});
