import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../core/manifest/decision.ts';
import { isWrong } from '../../../core/serving/ground-truth.ts';

const binary: Decision = { task: 'binary', output: 'p', column: 1, threshold: 0.35 };
const classes = [{ name: 'p', meaning: 'probabilities' as const, classes: ['stays', 'leaves'] }];

describe('isWrong', () => {
  it.each([
    [0.35, 1, false],
    [0.35, 0, true],
    [0.349, 1, true],
    [0.1, false, false],
    [0.9, 'true', false],
    [null, 1, true],
    [0.9, 'maybe', undefined],
    [0.9, 2, undefined],
  ])('binary: score %s against truth %s', (score, truth, wrong) => {
    expect(isWrong(binary, [], score, truth)).toBe(wrong);
  });

  it('takes the labels of the classes', () => {
    expect(isWrong(binary, classes, 0.9, 'leaves')).toBe(false);
    expect(isWrong(binary, classes, 0.9, 'stays')).toBe(true);
    expect(isWrong(binary, classes, 0.9, 'other')).toBeUndefined();
  });

  it.each([
    [['no', 'yes'], 'yes', ['yes', 1, '1', true, 'true', 'TRUE'], ['no', 0, '0', false, 'False']],
    [[0, 1], 1, [1, '1', '1.0', true, 'True'], [0, '0', '0.0', false, 'FALSE']],
    [['False', 'True'], 'True', ['True', 'true', true, 1, '1'], ['False', 'false', false, 0]],
    [[1, 2], 2, [2, '2', '2.0'], [1, '1', '1.0']],
    [[-1, 1], 1, [1, '1.0'], [-1, '-1', '-1.0']],
  ])('binary: of the classes %s, %s is what is positive, however it is written', (names, _, positive, negative) => {
    const [no, yes] = names as [string | number, string | number];
    const outputs = [{ name: 'p', meaning: 'probabilities' as const, classes: [no, yes] }];
    const alone: Decision = { ...binary, column: 0, classes: [no, yes] };
    for (const [truths, wrong] of [
      [positive, false],
      [negative, true],
    ] as const)
      for (const truth of truths) {
        expect(isWrong(binary, outputs, 0.9, truth), `${truth}`).toBe(wrong);
        expect(isWrong(alone, [], 0.9, truth), `${truth}`).toBe(wrong);
      }
  });

  it('multiclass: reads numbers however they are written, and names as they stand', () => {
    const decision: Decision = { task: 'multiclass', output: 'p', classes: [3, 4, 5] };
    for (const truth of [4, '4', '4.0', ' 4 ']) expect(isWrong(decision, [], 1, truth), `${truth}`).toBe(false);
    for (const truth of [true, 'four', 6]) expect(isWrong(decision, [], 1, truth), `${truth}`).toBeUndefined();
    const named: Decision = { task: 'multiclass', output: 'p', classes: ['a', 'A'] };
    expect(isWrong(named, [], 1, 'A')).toBe(false);
  });

  it('regression: wrong when it misses by more than the tolerance', () => {
    const decision: Decision = { task: 'regression', output: 'y', column: 0, tolerance: 2 };
    expect(isWrong(decision, [], 10, 12)).toBe(false);
    expect(isWrong(decision, [], 10, 12.01)).toBe(true);
    expect(isWrong(decision, [], 10, '8')).toBe(false);
    expect(isWrong(decision, [], 10, '')).toBeUndefined();
    expect(isWrong(decision, [], null, 10)).toBe(true);
    for (const truth of ['1e1', '+10.', ' 10 ', '100e-1']) expect(isWrong(decision, [], 10, truth), truth).toBe(false);
    for (const truth of ['0x10', '0b1', '0o7', '1_0', '.', 'e1', 'Infinity'])
      expect(isWrong(decision, [], 10, truth), truth).toBeUndefined();
  });

  it('says of a regression without a tolerance only whether the truth is one', () => {
    const decision: Decision = { task: 'regression', output: 'y', column: 0 };
    expect(isWrong(decision, [], 10, 12)).toBeNull();
    expect(isWrong(decision, [], null, 12)).toBeNull();
    expect(isWrong(decision, [], 10, 'late')).toBeUndefined();
  });

  it('holds the index of a class against its name', () => {
    const decision: Decision = { task: 'multiclass', output: 'p' };
    const outputs = [{ name: 'p', meaning: 'probabilities' as const, classes: ['a', 2] }];
    expect(isWrong(decision, outputs, 0, 'a')).toBe(false);
    expect(isWrong(decision, outputs, 1, 'a')).toBe(true);
    expect(isWrong(decision, outputs, 1, '2')).toBe(false);
    // Two is past the last: a label that is none of the classes.
    expect(isWrong(decision, outputs, 2, 2)).toBe(true);
    expect(isWrong(decision, outputs, null, 2)).toBe(true);
    expect(isWrong(decision, outputs, 1, 'b')).toBeUndefined();
  });
});
