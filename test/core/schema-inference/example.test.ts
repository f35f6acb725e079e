import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileCheck } from '../../../core/contract/check.ts';
import { Contract } from '../../../core/contract/contract.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import type { Signature } from '../../../core/model/signature.ts';
import { Baseline } from '../../../core/profile/profile.ts';
import { exampleOf, typicalValue } from '../../../core/schema-inference/example.ts';

/** Features of every type with rules that some value keeps. */
const features = (): fc.Arbitrary<unknown> => {
  const range = fc
    .tuple(fc.integer({ min: -1000, max: 1000 }), fc.nat(1000))
    .map(([min, more]) => ({ min, max: min + more }));
  return fc.oneof(
    fc
      .tuple(fc.constantFrom('float', 'integer'), fc.oneof(range, fc.constant({})))
      .map(([type, rest]) => ({ type, ...rest })),
    fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 5 }).map((allowed) => ({ type: 'integer', allowed })),
    fc.integer({ min: 1, max: 9 }).map((maxLength) => ({ type: 'string', maxLength })),
    fc
      .uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 5 })
      .map((allowed) => ({ type: 'string', allowed })),
    fc.constant({ type: 'boolean' }),
  );
};

const TENSOR_TYPES = { string: 'string', boolean: 'bool', float: 'float64', integer: 'float64' } as const;

describe('an example request', () => {
  it('keeps every contract that can be kept, without a baseline', () => {
    fc.assert(
      fc.property(fc.array(features(), { minLength: 1, maxLength: 6 }), (given) => {
        const contract = Contract.parse({
          features: given.map((feature, i) => ({ name: `f${i}`, onViolation: 'flag', ...(feature as object) })),
        });
        const signature: Signature = {
          inputs: contract.features.map(({ name, type }) => ({
            name,
            type: TENSOR_TYPES[type],
            shape: [-1, 1],
          })),
          outputs: [{ name: 'y', type: 'float32', shape: [-1] }],
        };
        const checked = compileCheck(contract, signature).run(exampleOf(contract, signature), false);
        expect(checked).toMatchObject({ rows: 1, rejected: 0, tolerated: 0 });
      }),
    );
  });

  it('is what is typical in the baseline of a real model', () => {
    const read = (name: string): unknown => JSON.parse(readFileSync(`models/flight-delay/v1/${name}`, 'utf8'));
    const { contract } = Manifest.parse(read('model.json'));
    const { profile } = Baseline.parse(read('baseline.json'));
    const of = (name: string) => typicalValue(contract.features.find((f) => f.name === name)!, profile.columns[name]);
    expect(of('carrier')).toBe('UA');
    expect(of('origin')).toBe('EWR');
    expect(of('distance')).toBeCloseTo(1_000, -3);
  });

  it('fills one [n, k] input in column order, and inputs that the contract is silent on with zeros', () => {
    const contract = Contract.parse({
      features: [
        { name: 'b', type: 'float', input: 'x', index: 1, min: 5 },
        { name: 'a', type: 'float', input: 'x', index: 0, max: -1 },
      ],
    });
    const signature: Signature = {
      inputs: [
        { name: 'x', type: 'float32', shape: [-1, 2] },
        { name: 'image', type: 'float32', shape: [-1, 2, 2] },
      ],
      outputs: [{ name: 'y', type: 'float32', shape: [-1] }],
    };
    expect(Object.fromEntries(exampleOf(contract, signature))).toEqual({
      x: { shape: [1, 2], data: [-1, 5] },
      image: { shape: [1, 2, 2], data: [0, 0, 0, 0] },
    });
  });
});
