import type { TensorData } from '../model/tensor.ts';
import type { Findings } from './findings.ts';
import type { FeatureValues, RawTensor } from './raw-tensor.ts';

/** Checks an input and fills its tensor; what is captured of it goes to `values`, where that is given. */
export type Pass = (
  raw: RawTensor,
  rows: number,
  findings: Findings,
  values: FeatureValues[] | undefined,
) => TensorData;
