import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { loadModel } from '../../../platform/onnx/model.ts';

it('lets others be heard in the middle of thousands of short runs', async () => {
  const file = path.resolve('test/fixtures/onnx/tree-30.onnx');
  const digest = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  const model = await loadModel(file, { digest });
  let ended = false;
  let heard = 0;
  const others = (async () => {
    while (!ended) {
      await new Promise((resolve) => setImmediate(resolve));
      heard++;
    }
  })();
  const features = { type: 'float32' as const, shape: [1, 30], data: new Float32Array(30) };
  // As somebody who explains: one after the other, each awaited.
  const from = performance.now();
  for (let runs = 0; runs < 3_000 || performance.now() - from < 50; runs++) await model.run({ features });
  ended = true;
  await others;
  expect(heard).toBeGreaterThan(3);
  await model.release();
});
