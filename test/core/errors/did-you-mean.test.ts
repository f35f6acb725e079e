import { expect, it } from 'vitest';
import { didYouMean } from '../../../core/errors/did-you-mean.ts';

it.each([
  ['amout', ['age', 'amount'], ' (did you mean amount?)'],
  ['amuont', ['age', 'amount'], ' (did you mean amount?)'],
  ['Amount', ['amount'], ' (did you mean amount?)'],
  ['income', ['age', 'amount'], ''],
  ['', ['a'], ' (did you mean a?)'],
  ['x'.repeat(200), ['x'.repeat(199)], ''],
])('of %s the nearest of %j', (given, names, message) => {
  expect(didYouMean(given, names)).toBe(message);
});
