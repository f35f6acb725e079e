import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileCheck } from '../../../core/contract/check.ts';
import { Contract, Feature } from '../../../core/contract/contract.ts';
import type { RawTensor } from '../../../core/contract/raw-tensor.ts';
import type { Signature, TensorSpec, TensorType } from '../../../core/model/signature.ts';

const spec = (name: string, type: TensorType, shape: number[]): TensorSpec => ({ name, type, shape });
const signature = (...inputs: TensorSpec[]): Signature => ({ inputs, outputs: [spec('y', 'float32', [-1])] });
const contract = (...features: unknown[]) => Contract.parse({ features });
const inputs = (given: Record<string, [number[], ArrayLike<unknown>]>): Map<string, RawTensor> => {
  const raw = new Map<string, RawTensor>();
  for (const [name, [shape, data]] of Object.entries(given)) raw.set(name, { shape, data });
  return raw;
};

/** Checks one [n, 1] float input of one feature. */
const checkOne = (feature: object, data: unknown[]) =>
  compileCheck(contract({ name: 'x', type: 'float', ...feature }), signature(spec('x', 'float32', [-1, 1]))).run(
    inputs({ x: [[data.length, 1], data] }),
    true,
  );

describe('compileCheck', () => {
  it('fills a named input per feature, strings and numbers', () => {
    const check = compileCheck(
      contract({ name: 'carrier', type: 'string' }, { name: 'distance', type: 'float', missing: 'allow' }),
      signature(spec('carrier', 'string', [-1, 1]), spec('distance', 'float32', [-1, 1])),
    );
    const done = check.run(
      inputs({
        carrier: [
          [2, 1],
          ['AA', 'B6'],
        ],
        distance: [
          [2, 1],
          [1.5, null],
        ],
      }),
      true,
    );
    expect(done.rejected).toBe(0);
    expect(done.rows).toBe(2);
    expect(done.tensors.carrier).toEqual({ type: 'string', shape: [2, 1], data: ['AA', 'B6'] });
    expect(done.tensors.distance!.data).toEqual(new Float32Array([1.5, Number.NaN]));
    expect(done.values.map((values) => [...values])).toEqual([
      ['AA', 'B6'],
      [1.5, Number.NaN],
    ]);
  });

  it('binds features to the columns of one [n, k] input by index, whatever their order in the contract', () => {
    const check = compileCheck(
      contract(
        { name: 'b', type: 'float', input: 'x', index: 1, max: 10, onViolation: 'clamp' },
        { name: 'a', type: 'float', input: 'x', index: 0 },
      ),
      signature(spec('x', 'float32', [-1, -1])),
    );
    const done = check.run(
      inputs({
        x: [
          [2, 2],
          [1, 20, 3, 4],
        ],
      }),
      true,
    );
    expect(done.tensors.x!.data).toEqual(new Float32Array([1, 10, 3, 4]));
    expect(check.features.map((feature) => feature.name)).toEqual(['a', 'b']);
    expect(done.values.map((values) => [...values])).toEqual([
      [1, 3],
      [20, 4],
    ]);
    expect(done.tolerated).toBe(1);
  });

  it.each([
    ['a missing value', {}, [null], 'missing', 'a value'],
    ['not a number', {}, [Number.NaN], 'missing', 'a value'],
    ['a wrong type', {}, ['3'], 'type', 'a number'],
    ['an array', {}, [[3]], 'type', 'a number'],
    ['a boolean', {}, [true], 'type', 'a number'],
    ['too small a value', { min: 0 }, [-1], 'min', 'at least 0'],
    ['too large a value', { max: 5 }, [6], 'max', 'at most 5'],
    ['infinity', {}, [Number.POSITIVE_INFINITY], 'finite', 'a finite number'],
    ['infinity beyond a bound', { max: 5 }, [Number.POSITIVE_INFINITY], 'finite', 'a finite number'],
    ['an infinity where an integer is wanted', { type: 'integer' }, [Number.NEGATIVE_INFINITY], 'type', 'an integer'],
    ['an integer of more than 64 bits', { type: 'integer' }, [2 ** 63], 'type', 'an integer'],
    ['a fraction for an integer', { type: 'integer' }, [1.5], 'type', 'an integer'],
    ['a value that is not allowed', { type: 'integer', allowed: [1, 2] }, [3], 'allowed', 'one of 1, 2'],
  ])('rejects %s and says what is allowed', (_, feature, data, ...[rule, allowed]) => {
    const done = checkOne(feature, data);
    expect(done.rejected).toBe(1);
    expect(done.violations).toMatchObject([{ feature: 'x', rule, allowed, row: 0 }]);
  });

  it('has a policy for each rule, and rejects by those that are not named', () => {
    const onViolation = { min: 'clamp', max: 'flag' };
    const done = checkOne({ min: 0, max: 5, onViolation }, [9, -1, 4]);
    expect(done).toMatchObject({ rejected: 0, tolerated: 2 });
    expect(done.tensors.x!.data).toEqual(new Float32Array([9, 0, 4]));
    for (const value of ['a', null, Number.POSITIVE_INFINITY])
      expect(checkOne({ min: 0, max: 5, onViolation }, [value]).rejected).toBe(1);
    expect(Feature.safeParse({ name: 'x', type: 'float', onViolation: { missing: 'clamp' } }).success).toBe(false);
  });

  it('flags without rejecting: the value goes in as it is, a wrong type as NaN', () => {
    const done = checkOne({ max: 5, onViolation: 'flag' }, [9, 'a', null, 4]);
    expect(done.rejected).toBe(0);
    expect(done.tolerated).toBe(3);
    expect(done.tensors.x!.data).toEqual(new Float32Array([9, Number.NaN, Number.NaN, 4]));
  });

  it('clamps into the bounds, but never a wrong type or a missing value', () => {
    const done = checkOne({ min: 0, max: 5, onViolation: 'clamp' }, [9, -1]);
    expect(done.tensors.x!.data).toEqual(new Float32Array([5, 0]));
    expect(done.tolerated).toBe(2);
    expect(checkOne({ min: 0, max: 5, onViolation: 'clamp' }, ['a', null]).rejected).toBe(2);
  });

  it('lists ten violations and counts the rest', () => {
    const done = checkOne({ max: 0 }, Array(25).fill(1));
    expect(done.violations).toHaveLength(10);
    expect(done.rejected).toBe(25);
  });

  it('never shows what was received for a personal feature', () => {
    const done = checkOne({ max: 0, personal: 'hash' }, [123456]);
    expect(JSON.stringify(done.violations)).not.toContain('123456');
  });

  it('takes a string that is allowed to be missing as empty, and refuses NUL, which ONNX Runtime would cut at', () => {
    const check = (feature: object, data: unknown[]) =>
      compileCheck(contract({ name: 's', type: 'string', ...feature }), signature(spec('s', 'string', [-1]))).run(
        inputs({ s: [[data.length], data] }),
        false,
      );
    expect(check({ missing: 'allow' }, [null, '']).tensors.s!.data).toEqual(['', '']);
    expect(check({}, ['']).rejected).toBe(0);
    expect(check({}, [null]).rejected).toBe(1);
    expect(check({ onViolation: 'flag' }, ['a\0b']).rejected).toBe(1);
    expect(check({ allowed: ['a'] }, ['b']).rejected).toBe(1);
    expect(check({ maxLength: 2, onViolation: 'clamp' }, ['abc']).tensors.s!.data).toEqual(['ab']);
    expect(check({}, [5]).violations).toMatchObject([{ rule: 'type', received: '5' }]);
  });

  it('keeps every digit of 64-bit integers and refuses what is beyond their range', () => {
    const check = compileCheck(
      contract({ name: 'n', type: 'integer', onViolation: 'flag' }),
      signature(spec('n', 'int64', [-1])),
    );
    const run = (data: unknown[]) => check.run(inputs({ n: [[data.length], data] }), false);
    expect(run([9007199254740993n, 5, -(2n ** 63n)]).tensors.n!.data).toEqual(
      new BigInt64Array([9007199254740993n, 5n, -(2n ** 63n)]),
    );
    for (const bad of [2n ** 63n, 1.5, '5', null, Number.NaN, 2 ** 60]) expect(run([bad]).rejected).toBe(1);
    const unsigned = compileCheck(contract({ name: 'n', type: 'integer' }), signature(spec('n', 'uint64', [-1])));
    const one = (value: unknown) => unsigned.run(inputs({ n: [[1], [value]] }), false);
    expect(one(2n ** 64n - 1n).tensors.n!.data).toEqual(new BigUint64Array([2n ** 64n - 1n]));
    for (const bad of [2n ** 64n, -1n, -1]) expect(one(bad).rejected).toBe(1);
  });

  it.each([
    ['int8', 127, 128],
    ['uint8', 255, -1],
    ['int16', -32768, 32768],
    ['int32', 2147483647, 2147483648],
    ['uint32', 4294967295, 4294967296],
  ] as const)('holds %s to its range even where violations are only flagged', (type, good, bad) => {
    const check = compileCheck(
      contract({ name: 'n', type: 'integer', onViolation: 'flag' }),
      signature(spec('n', type, [-1])),
    );
    expect(check.run(inputs({ n: [[1], [good]] }), false).tensors.n!.data[0]).toBe(good);
    expect(check.run(inputs({ n: [[1], [bad]] }), false).rejected).toBe(1);
    expect(check.run(inputs({ n: [[1], [0.5]] }), false).rejected).toBe(1);
  });

  it('takes true, false, 1 and 0 for a boolean, whatever its input holds it as', () => {
    const check = compileCheck(contract({ name: 'b', type: 'boolean' }), signature(spec('b', 'bool', [-1])));
    expect(check.run(inputs({ b: [[2], [true, false]] }), false).tensors.b!.data).toEqual(new Uint8Array([1, 0]));
    expect(check.run(inputs({ b: [[2], new Uint8Array([1, 0])] }), false).rejected).toBe(0);
    expect(check.run(inputs({ b: [[2], [1, 0]] }), false).tensors.b!.data).toEqual(new Uint8Array([1, 0]));
    for (const bad of [2, 'true', null, Number.NaN, []])
      expect(check.run(inputs({ b: [[1], [bad]] }), false).rejected).toBe(1);
    const float = compileCheck(contract({ name: 'b', type: 'boolean' }), signature(spec('b', 'float32', [-1])));
    expect(float.run(inputs({ b: [[4], [true, false, 1, 0]] }), true)).toMatchObject({
      rejected: 0,
      tensors: { b: { data: new Float32Array([1, 0, 1, 0]) } },
      values: [new Float64Array([1, 0, 1, 0])],
    });
    for (const bad of [2, 0.5, 'true', null]) expect(float.run(inputs({ b: [[1], [bad]] }), false).rejected).toBe(1);
  });

  it('names the contract’s own rule first where the input could not hold the value either', () => {
    const run = (feature: object, value: unknown) =>
      compileCheck(
        contract({ name: 'n', type: 'integer', max: 100, ...feature }),
        signature(spec('n', 'int8', [-1])),
      ).run(inputs({ n: [[1], [value]] }), false);
    expect(run({}, 300).violations).toMatchObject([{ rule: 'max' }]);
    expect(run({ onViolation: 'flag' }, 300).violations).toMatchObject([{ rule: 'max' }]);
    expect(run({ onViolation: 'flag' }, 110)).toMatchObject({ rejected: 0, tolerated: 1 });
    expect(run({ onViolation: 'clamp' }, 300).tensors.n!.data).toEqual(new Int8Array([100]));
    expect(run({ onViolation: 'flag' }, -300).violations).toMatchObject([
      { rule: 'range', allowed: 'an integer from -128 to 127' },
    ]);
  });

  it('asks the remaining rules of what a value was clamped to', () => {
    const run = (feature: object, value: unknown) => checkOne({ onViolation: 'clamp', ...feature }, [value]);
    expect(run({ min: 1, allowed: [1, 2] }, 0)).toMatchObject({ rejected: 0, tolerated: 1 });
    expect(run({ min: 1, allowed: [2, 3] }, 0).violations).toMatchObject([{ rule: 'allowed', received: '0' }]);
    expect(run({ type: 'integer', min: 0.5, max: 9.5 }, -3).tensors.x!.data).toEqual(new Float32Array([1]));
    expect(run({ type: 'integer', min: 0.5, max: 9.5 }, 30).tensors.x!.data).toEqual(new Float32Array([9]));
  });

  it('counts and cuts strings by code points', () => {
    const check = (feature: object, value: string) =>
      compileCheck(contract({ name: 's', type: 'string', ...feature }), signature(spec('s', 'string', [-1]))).run(
        inputs({ s: [[1], [value]] }),
        false,
      );
    expect(check({ maxLength: 2 }, '😀😀').rejected).toBe(0);
    expect(check({ maxLength: 2 }, '😀😀a').violations).toMatchObject([
      { rule: 'maxLength', allowed: 'at most 2 characters' },
    ]);
    // é as one code point and as two.
    expect(check({ maxLength: 1 }, '\u00e9').rejected).toBe(0);
    expect(check({ maxLength: 1 }, 'e\u0301').rejected).toBe(1);
    expect(check({ maxLength: 2, onViolation: 'clamp' }, 'a😀b').tensors.s!.data).toEqual(['a😀']);
  });

  it('refuses rows that do not agree, and no rows at all', () => {
    const check = compileCheck(
      contract({ name: 'a', type: 'float' }, { name: 'b', type: 'float' }),
      signature(spec('a', 'float32', [-1]), spec('b', 'float32', [-1])),
    );
    expect(() => check.run(inputs({ a: [[1], [1]], b: [[2], [1, 2]] }), false)).toThrow(
      'input b has 2 rows, input a has 1',
    );
    expect(() => check.run(inputs({ a: [[0], []], b: [[0], []] }), false)).toThrow('at least one row');
  });

  it('checks inputs without features for their element type', () => {
    const check = compileCheck(contract(), signature(spec('x', 'float32', [-1, 2]), spec('n', 'int32', [-1])));
    const done = check.run(
      inputs({
        x: [
          [1, 2],
          [1, null],
        ],
        n: [[1], [7]],
      }),
      true,
    );
    expect(done.tensors.x!.data).toEqual(new Float32Array([1, Number.NaN]));
    expect(done.tensors.n!.data).toEqual(new Int32Array([7]));
    expect(() =>
      check.run(
        inputs({
          x: [
            [1, 2],
            [1, 'a'],
          ],
          n: [[1], [7]],
        }),
        false,
      ),
    ).toThrow('element 1 is "a", expected a number');
    expect(() =>
      check.run(
        inputs({
          x: [
            [1, 2],
            [1, 2],
          ],
          n: [[1], [1.5]],
        }),
        false,
      ),
    ).toThrow('expected an integer from');
  });

  it('keeps binary float32 values as the decimals they were made of', () => {
    const check = compileCheck(contract({ name: 'x', type: 'float' }), signature(spec('x', 'float32', [-1])));
    const done = check.run(inputs({ x: [[3], new Float32Array([39.02, 0.7, -1e-20])] }), true);
    expect([...done.values[0]!]).toEqual([39.02, 0.7, -1e-20]);
  });

  it('agrees with a plain reading of the rules, whatever the values', () => {
    const value = fc.oneof(
      fc.double(),
      fc.integer({ min: -20, max: 20 }),
      fc.constant(null),
      fc.string({ maxLength: 3 }),
      fc.boolean(),
      fc.constant([]),
    );
    const rules = fc.record({
      min: fc.option(fc.integer({ min: -10, max: 0 }), { nil: undefined }),
      max: fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined }),
      type: fc.constantFrom('float', 'integer'),
      missing: fc.constantFrom('allow', 'reject'),
      onViolation: fc.constantFrom('reject', 'clamp', 'flag'),
    });
    fc.assert(
      fc.property(rules, fc.array(value, { minLength: 1, maxLength: 20 }), (feature, data) => {
        const done = checkOne(feature, data);
        let rejected = 0;
        const expected = data.map((each) => {
          const missing = each === null || Number.isNaN(each);
          const whole = Number.isInteger(each) && Math.abs(each as number) < 2 ** 63;
          const wrong =
            !missing && (typeof each !== 'number' || !Number.isFinite(each) || (feature.type === 'integer' && !whole));
          const number = typeof each === 'number' ? each : Number.NaN;
          const low = !wrong && feature.min !== undefined && number < feature.min;
          const high = !wrong && feature.max !== undefined && number > feature.max;
          const broken = (missing && feature.missing === 'reject') || wrong || low || high;
          const tolerated = feature.onViolation === 'flag' || (feature.onViolation === 'clamp' && (low || high));
          if (broken && !tolerated) rejected++;
          if (feature.onViolation === 'clamp' && low) return Math.fround(feature.min!);
          if (feature.onViolation === 'clamp' && high) return Math.fround(feature.max!);
          return Math.fround(number);
        });
        expect(done.rejected).toBe(rejected);
        expect([...done.tensors.x!.data]).toEqual(expected);
      }),
    );
  });
});
