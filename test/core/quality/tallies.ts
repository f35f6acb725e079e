import fc from 'fast-check';
import {
  addBinary,
  type BinaryRow,
  type BinaryScale,
  type BinaryTally,
  emptyBinary,
} from '../../../core/quality/binary.ts';
import {
  addMulticlass,
  emptyMulticlass,
  type MulticlassRow,
  type MulticlassTally,
} from '../../../core/quality/multiclass.ts';
import {
  addRegression,
  emptyRegression,
  type RegressionRow,
  type RegressionTally,
} from '../../../core/quality/regression.ts';

export const BINARY: BinaryScale = { threshold: 0.4, probabilities: true };
export const SCORED: BinaryScale = { threshold: 2, probabilities: false, edges: [-1, 0, 2, 5] };
export const REGRESSION = { edges: [0.5, 1, 2, 4, 8], tolerance: 1.5 };
export const CLASSES = ['a', 'b', 'c'];

export const score = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  fc.constantFrom(0, 1, 0.4, 0.5, null, Number.NaN, Number.POSITIVE_INFINITY),
);
export const binaryRow: fc.Arbitrary<BinaryRow> = fc.record({ score, truth: fc.boolean() });
export const multiclassRow: fc.Arbitrary<MulticlassRow> = fc.record({
  predicted: fc.constantFrom(0, 1, 2, 3, null),
  truth: fc.constantFrom(0, 1, 2),
  probabilities: fc.option(
    fc.array(
      score.map((p) => p ?? 0),
      { minLength: 3, maxLength: 3 },
    ),
    { nil: undefined },
  ),
});
export const regressionRow: fc.Arbitrary<RegressionRow> = fc.record({
  score: fc.oneof(
    { weight: 8, arbitrary: fc.double({ min: -1e3, max: 1e3, noNaN: true }) },
    fc.constantFrom(null, Number.NaN),
  ),
  truth: fc.double({ min: -1e3, max: 1e3, noNaN: true }),
});

export const binaryOf = (rows: readonly BinaryRow[], scale = BINARY): BinaryTally => {
  const tally = emptyBinary(scale);
  for (const row of rows) addBinary(tally, scale, row);
  return tally;
};
export const multiclassOf = (rows: readonly MulticlassRow[], classes = CLASSES): MulticlassTally => {
  const tally = emptyMulticlass(classes);
  for (const row of rows) addMulticlass(tally, row);
  return tally;
};
export const regressionOf = (rows: readonly RegressionRow[]): RegressionTally => {
  const tally = emptyRegression(REGRESSION);
  for (const row of rows) addRegression(tally, REGRESSION, row);
  return tally;
};
