import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileCheck } from '../../../core/contract/check.ts';
import { Contract } from '../../../core/contract/contract.ts';
import { halfBits } from '../../../core/model/half.ts';
import type { Signature, TensorType } from '../../../core/model/signature.ts';
import { exampleOf } from '../../../core/schema-inference/example.ts';

const signature = (type: TensorType, shape: number[]): Signature => ({
  inputs: [{ name: 'x', type, shape }],
  outputs: [{ name: 'y', type: 'float32', shape: [-1] }],
});
const compiled = (rule: object, type: TensorType = 'float32', shape = [-1, -1]) =>
  compileCheck(Contract.parse({ features: [], tensors: [{ name: 'x', ...rule }] }), signature(type, shape));
const checked = (rule: object, data: ArrayLike<unknown>, shape: number[], type: TensorType = 'float32') =>
  compiled(
    rule,
    type,
    shape.map(() => -1),
  ).run(new Map([['x', { shape, data }]]), true);
/** The summaries by name. */
const summary = (...given: Parameters<typeof checked>): Record<string, unknown[]> => {
  const [rule, , shape, type] = given;
  const check = compiled(
    rule,
    type,
    shape.map(() => -1),
  );
  const { summaries } = checked(...given);
  return Object.fromEntries(check.summaries.map(({ name }, i) => [name, [...summaries[i]!]]));
};

describe('rules on whole tensors', () => {
  it('summarise each row', () => {
    const found = summary({}, [1, 3, 10, 20], [2, 2]);
    expect(found).toMatchObject({
      'x.mean': [2, 15],
      'x.std': [1, 5],
      'x.min': [1, 10],
      'x.max': [3, 20],
      'x.size': [2, 2],
    });
    expect(found['x.digest']).toHaveLength(2);
  });

  it('agree with the textbook formulas on any numbers, far from zero too', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 }),
        fc.constantFrom(0, 1e9),
        (values, offset) => {
          const data = values.map((x) => x + offset);
          const mean = data.reduce((a, b) => a + b, 0) / data.length;
          const std = Math.sqrt(data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length);
          const found = summary({}, data, [1, data.length], 'float64');
          expect(found['x.mean']![0]).toBeCloseTo(mean, 3);
          expect(Math.abs((found['x.std']![0] as number) - std)).toBeLessThan(1e-3 * (1 + std));
          expect(found['x.min']![0]).toBe(Math.min(...data));
          expect(found['x.max']![0]).toBe(Math.max(...data));
        },
      ),
    );
  });

  it('give a row the same digest wherever it lies, and another to any other row', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 5, maxLength: 5 }),
        fc.uint8Array({ minLength: 5, maxLength: 5 }),
        (a, b) => {
          const [first, second] = summary({}, Uint8Array.of(...a, ...b), [2, 5], 'uint8')['x.digest']!;
          const [alone] = summary({}, b, [1, 5], 'uint8')['x.digest']!;
          expect(second).toBe(alone);
          expect(first === second).toBe(a.every((byte, i) => byte === b[i]));
        },
      ),
    );
  });

  it('count a row that breaks a rule once, and say which element was worst', () => {
    const { violations, rejected } = checked({ min: 0, max: 1 }, [5, 0, 7, 0, 0.5, 1], [3, 2]);
    expect(rejected).toBe(2);
    expect(violations).toEqual([
      { feature: 'x', rule: 'max', received: '5', allowed: 'at most 1', row: 0 },
      { feature: 'x', rule: 'max', received: '7', allowed: 'at most 1', row: 1 },
    ]);
  });

  it('refuse what is not finite unless it is allowed', () => {
    const data = [1, null, Number.POSITIVE_INFINITY, 2];
    expect(checked({}, data, [1, 4]).violations).toMatchObject([
      { rule: 'finite', received: '"2 not finite, the first at 1"', allowed: 'a finite number' },
    ]);
    const lenient = checked({ finite: false }, data, [1, 4]);
    expect(lenient.rejected).toBe(0);
    expect(lenient.tensors.x!.data).toEqual(Float32Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 2));
    expect(summary({ finite: false }, data, [1, 4])['x.mean']).toEqual([1.5]);
  });

  it('clamp elements, and capture them as they came', () => {
    const found = checked({ min: 0, max: 1, onViolation: 'clamp' }, [-2, 0.5, 3], [1, 3]);
    expect([...(found.tensors.x!.data as Float32Array)]).toEqual([0, 0.5, 1]);
    expect(found).toMatchObject({ rejected: 0, tolerated: 2 });
    expect(summary({ min: 0, max: 1, onViolation: 'clamp' }, [-2, 0.5, 3], [1, 3])['x.min']).toEqual([-2]);
    const bits = (values: number[]) => Uint16Array.from(values, halfBits);
    const half = checked({ min: -1, max: 1, onViolation: 'clamp' }, bits([-2, 0.5, 3]), [1, 3], 'float16');
    expect(half.tensors.x!.data).toEqual(bits([-1, 0.5, 1]));
    const big = checked({ min: 0, max: 9, onViolation: 'clamp' }, [-5n, 2n ** 60n], [1, 2], 'int64');
    expect(big.tensors.x!.data).toEqual(BigInt64Array.of(0n, 9n));
  });

  it('hold the shape, whatever else is tolerated', () => {
    const rule = { shape: [{ max: 2 }, 3, { min: 2, max: 4 }, null], onViolation: 'flag' };
    expect(checked(rule, new Array(54).fill(0), [2, 3, 3, 3]).rejected).toBe(0);
    expect(checked(rule, new Array(15).fill(0), [1, 3, 5, 1]).violations).toEqual([
      { feature: 'x', rule: 'shape', received: '"[1,3,5,1]"', allowed: 'shape [0 to 2, 3, 2 to 4, any]', row: 0 },
    ]);
    expect(checked(rule, new Array(30).fill(0), [5, 3, 2, 1]).rejected).toBe(1);
  });

  it('know strings by their length only', () => {
    expect(summary({}, ['ab', 'abcd'], [2], 'string')).toEqual({ 'x.length': [2, 4], 'x.digest': expect.anything() });
    expect(checked({ maxLength: 3 }, ['ab', 'abcd'], [2], 'string').violations).toMatchObject([
      { rule: 'maxLength', allowed: 'at most 3 characters', row: 1 },
    ]);
  });

  it('keep nothing of what is personal', () => {
    expect(summary({ personal: 'omit' }, [1, 2], [1, 2])).toEqual({});
    expect(checked({ personal: 'omit', max: 1 }, [1, 2], [1, 2]).violations[0]).not.toHaveProperty('received');
  });

  it('summarise a scalar and booleans', () => {
    expect(summary({}, [2.5], [])['x.mean']).toEqual([2.5]);
    expect(summary({}, [true, false], [1, 2], 'bool')['x.mean']).toEqual([0.5]);
  });

  it.each([
    [{ name: 'z' }, 'float32', [-1], /tensor z is no input, the graph has x/],
    [{ shape: [3] }, 'float32', [-1, 3], /shape \[3\], but its input takes \[-1,3\]/],
    [{ shape: [null, 4] }, 'float32', [-1, 3], /shape \[null,4\]/],
    [{ min: 0 }, 'string', [-1], /takes strings/],
    [{ maxLength: 3 }, 'float32', [-1], /maxLength, but its input takes float32/],
  ] as const)('are refused where they do not fit the graph: %j', (rule, type, shape, message) => {
    expect(() => compiled(rule, type, [...shape])).toThrow(message);
  });

  it('exclude features of the same input, and names that would be taken for a summary', () => {
    const features = [{ name: 'x', type: 'float' }];
    expect(() =>
      compileCheck(Contract.parse({ features, tensors: [{ name: 'x' }] }), signature('float32', [-1])),
    ).toThrow(/carries features/);
    expect(
      Contract.safeParse({ features: [{ name: 'x.mean', type: 'float' }], tensors: [{ name: 'x' }] }).success,
    ).toBe(false);
  });

  it('can be kept by an example', () => {
    const contract = Contract.parse({
      features: [],
      tensors: [{ name: 'x', shape: [null, { min: 3 }], min: 2, max: 5 }],
    });
    const example = exampleOf(contract, signature('float32', [-1, -1])).get('x');
    expect(example).toEqual({ shape: [1, 3], data: [2, 2, 2] });
  });
});

describe('features of a float16 input', () => {
  it('are judged as numbers, and reach the model as bits', () => {
    const contract = Contract.parse({ features: [{ name: 'x', type: 'float', min: 0, max: 10, missing: 'allow' }] });
    const check = compileCheck(contract, signature('float16', [-1, 1]));
    const fromJson = check.run(new Map([['x', { shape: [3, 1], data: [1.5, null, 11] }]]), true);
    expect(fromJson.violations).toMatchObject([{ feature: 'x', rule: 'max', received: '11', row: 2 }]);
    const binary = check.run(new Map([['x', { shape: [2, 1], data: Uint16Array.of(0x3e00, 0x7e00) }]]), true);
    expect(binary.rejected).toBe(0);
    expect(binary.tensors.x).toEqual({ type: 'float16', shape: [2, 1], data: Uint16Array.of(0x3e00, 0x7e00) });
    expect([...binary.values[0]!]).toEqual([1.5, Number.NaN]);
  });
});
