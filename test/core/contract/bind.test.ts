import { describe, expect, it } from 'vitest';
import { bindContract, ContractBindingError } from '../../../core/contract/bind.ts';
import { Contract } from '../../../core/contract/contract.ts';
import type { TensorType } from '../../../core/model/signature.ts';

const bind = (features: unknown[], name: string, type: TensorType, shape: number[]) =>
  bindContract(Contract.parse({ features }), {
    inputs: [{ name, type, shape }],
    outputs: [{ name: 'y', type: 'float32', shape: [-1] }],
  });

describe('bindContract', () => {
  it('leaves an input alone that the contract is silent on', () => {
    expect(bind([], 'image', 'float32', [-1, 3, 224, 224])).toMatchObject([{ features: [], columns: 0 }]);
  });

  it.each([
    ['a feature without an input', [{ name: 'a', type: 'float' }], ['float32', [-1]], 'the graph has x'],
    [
      'a column without a feature',
      [{ name: 'a', type: 'float', input: 'x', index: 0 }],
      ['float32', [-1, 2]],
      'every column needs one',
    ],
    [
      'two features in one column',
      [
        { name: 'a', type: 'float', input: 'x' },
        { name: 'b', type: 'float', input: 'x' },
      ],
      ['float32', [-1, 2]],
      'every column needs one',
    ],
    ['a number in a string input', [{ name: 'x', type: 'float' }], ['string', [-1]], 'takes string'],
    ['a fraction in an integer input', [{ name: 'x', type: 'float' }], ['int64', [-1]], 'takes int64'],
    ['a missing integer', [{ name: 'x', type: 'integer', missing: 'allow' }], ['int32', [-1]], 'has no missing value'],
    ['more than two axes', [{ name: 'x', type: 'float' }], ['float32', [-1, 1, 1]], 'shape [n] or [n, k]'],
  ] as const)('refuses %s', (_, features, [type, shape], message) => {
    const attempt = () => bind([...features], 'x', type, [...shape]);
    expect(attempt).toThrow(ContractBindingError);
    expect(attempt).toThrow(message);
  });
});
