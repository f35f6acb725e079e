import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { faultsOf } from './faults.ts';
import { ServedExports } from './served-exports.ts';

/** Of the fifty of `npm run test:exports`, those that differ most in what their converters write. */
const NAMES = [
  'mixed-ridge-delay',
  'logistic-iris-columns',
  'forest-cancer-booleans',
  'lightgbm-cancer',
  'catboost-wine-names',
];

describe('an export, drafted, registered and released with nothing but the name of its label', () => {
  const exports = new ServedExports(temporaryFolder('exports'));
  beforeAll(() => exports.open(NAMES));
  afterAll(() => exports.close());

  it.each(NAMES)('%s answers as its library does, with classes, probabilities and a decision', async (name) => {
    expect(await faultsOf(exports, name)).toEqual([]);
  });
});
