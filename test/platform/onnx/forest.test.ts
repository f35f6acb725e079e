import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';

/** Of scikit-learn's `predict_proba` for the first row. */
const FIRST = [0.62529788, 0.37470212];

it('gives each class of a forest its share, however pure the leaves', async () => {
  const session = await InferenceSession.create(path.resolve('test/fixtures/onnx/tree-30.onnx'));
  const rows = Float32Array.from({ length: 5 * 30 }, (_, i) => -1 + (2 * i) / 149);
  const { probabilities, label } = await session.run({ features: new Tensor('float32', rows, [5, 30]) });
  const shares = [...(probabilities!.data as Float32Array)];
  for (let row = 0; row < 5; row++) {
    const [no, yes] = shares.slice(row * 2) as [number, number];
    expect(no + yes).toBeCloseTo(1, 5);
    expect(Number((label!.data as BigInt64Array)[row])).toBe(yes > no ? 1 : 0);
  }
  expect(shares[0]).toBeCloseTo(FIRST[0]!, 5);
  expect(shares[1]).toBeCloseTo(FIRST[1]!, 5);
  await session.release();
});
