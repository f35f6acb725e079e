import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TensorData } from '../../../core/model/tensor.ts';
import { ProtocolError } from '../../../core/protocols/protocol.ts';
import { digestOfFile } from '../../../platform/digest.ts';
import { loadModel, type OnnxModel } from '../../../platform/onnx/model.ts';
import { floats as float32s, node, value } from '../../../scripts/lib/onnx-writer.ts';
import { type BatchingOptions, batched } from '../../../server/batching/batcher.ts';
import { canBatch } from '../../../server/batching/tensors.ts';
import { encodeGraph, model } from '../../fixtures/onnx/onnx-model.ts';
import { perceptronModel, shareModel } from '../../fixtures/onnx/write.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const folder = temporaryFolder('batching');
const opened: OnnxModel[] = [];
const open = async (file: string): Promise<OnnxModel> => {
  const model = await loadModel(file, { digest: await digestOfFile(file) });
  opened.push(model);
  return model;
};
const written = (name: string, bytes: Uint8Array): Promise<OnnxModel> => {
  const file = path.join(folder, `${name}.onnx`);
  writeFileSync(file, bytes);
  return open(file);
};
let tree: OnnxModel;
let pipeline: OnnxModel;
let int64: OnnxModel;
let perceptron: OnnxModel;
beforeAll(async () => {
  tree = await open('test/fixtures/onnx/tree-30.onnx');
  pipeline = await open('test/fixtures/onnx/pipeline.onnx');
  int64 = await open('test/fixtures/onnx/int64.onnx');
  perceptron = await written('perceptron', perceptronModel([8, 32, 3]));
});
afterAll(async () => {
  for (const model of opened) await model.release();
});

/** A recurrence over time, which is axis 0: each step adds a tenth of the state before. */
const recurrentModel = (): Uint8Array =>
  model(
    encodeGraph('recurrent', {
      nodes: [node('RNN', ['x', 'w', 'r'], ['y'], { hidden_size: 1 })],
      constants: [float32s('w', [1, 1, 1], [0.1]), float32s('r', [1, 1, 1], [0.1])],
      inputs: [value('x', 'float32', ['t', 'b', 1])],
      outputs: [value('y', 'float32', ['t', 1, 'b', 1])],
    }),
  );

const OPTIONS: BatchingOptions = { maxRows: 16, maxDelayMs: 2, slots: 1 };

/** A model that notes the rows of each of its runs, and takes its time as a real one elsewhere does. */
function noting(model: OnnxModel): OnnxModel & { readonly runs: number[] } {
  const runs: number[] = [];
  return {
    ...model,
    runs,
    run: async (feeds, outputs) => {
      runs.push(Object.values(feeds)[0]!.shape[0]!);
      await new Promise((resolve) => setTimeout(resolve, 1));
      return model.run(feeds, outputs);
    },
  };
}

const floats = (rows: number, width: number) =>
  fc
    .array(fc.float({ min: -5, max: 5, noNaN: true }), { minLength: rows * width, maxLength: rows * width })
    .map((values): TensorData => ({ type: 'float32', shape: [rows, width], data: Float32Array.from(values) }));
const rows = fc.integer({ min: 1, max: 5 });
const treeFeeds = rows.chain((n) => floats(n, 30)).map((features) => ({ features }));
const perceptronFeeds = rows.chain((n) => floats(n, 8)).map((x) => ({ x }));
const pipelineFeeds = rows.chain((n) =>
  fc
    .tuple(
      fc.array(fc.constantFrom('AA', 'B6', 'UA', 'other'), { minLength: n, maxLength: n }),
      floats(n, 1),
      floats(n, 1),
    )
    .map(([carriers, distance, temperature]) => ({
      carrier: { type: 'string', shape: [n, 1], data: carriers } as TensorData,
      distance,
      temperature,
    })),
);
const int64Feeds = rows.chain((n) =>
  fc
    .tuple(
      fc.array(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), { minLength: 2 * n, maxLength: 2 * n }),
      fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: n, maxLength: n }),
    )
    .map(([numbers, ids]) => ({
      numbers: { type: 'int64', shape: [n, 2], data: BigInt64Array.from(numbers) } as TensorData,
      ids: { type: 'uint64', shape: [n], data: BigUint64Array.from(ids) } as TensorData,
    })),
);

type Feeds = Record<string, TensorData>;

async function sameAsAlone(
  model: OnnxModel,
  requests: readonly Feeds[],
  expectSame: (together: Feeds, alone: Feeds) => void,
): Promise<number[]> {
  const seen = noting(model);
  const together = batched(seen, OPTIONS);
  const answers = await Promise.all(requests.map((feeds) => together.run(feeds)));
  const { length } = seen.runs;
  for (const [i, feeds] of requests.entries()) expectSame(answers[i]!, await model.run(feeds));
  return seen.runs.slice(0, length);
}

describe('A batched model', () => {
  it('answers bit for bit as without batches, each caller its own rows: trees, texts, 64-bit integers', async () => {
    const exact = (a: Feeds, b: Feeds) => expect(a).toEqual(b);
    const lists = fc.oneof(
      fc.tuple(
        fc.constant(() => tree),
        fc.array(treeFeeds, { minLength: 1, maxLength: 12 }),
      ),
      fc.tuple(
        fc.constant(() => int64),
        fc.array(int64Feeds, { minLength: 1, maxLength: 12 }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(lists, async ([model, requests]) => {
        await sameAsAlone(model(), requests as Feeds[], exact);
      }),
      { numRuns: 30 },
    );
  });

  it('answers within rounding where a matrix product sums in another order', async () => {
    const close = (a: Feeds, b: Feeds) => {
      expect(Object.keys(a)).toEqual(Object.keys(b));
      for (const name in a) {
        expect(a[name]!.shape).toEqual(b[name]!.shape);
        for (const [i, value] of (a[name]!.data as ArrayLike<number> & Iterable<number>)[Symbol.iterator]
          ? [...(a[name]!.data as Iterable<number | string | bigint>)].entries()
          : [])
          if (typeof value === 'number') expect(value).toBeCloseTo(Number(b[name]!.data[i]), 4);
          else expect(value).toEqual(b[name]!.data[i]);
      }
    };
    const lists = fc.oneof(
      fc.tuple(
        fc.constant(() => pipeline),
        fc.array(pipelineFeeds, { minLength: 1, maxLength: 12 }),
      ),
      fc.tuple(
        fc.constant(() => perceptron),
        fc.array(perceptronFeeds, { minLength: 1, maxLength: 12 }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(lists, async ([model, requests]) => {
        await sameAsAlone(model(), requests as Feeds[], close);
      }),
      { numRuns: 30 },
    );
  });

  it('puts what gathers while it runs into as few runs as fit, and never more rows than allowed', async () => {
    const one = { features: { type: 'float32', shape: [1, 30], data: new Float32Array(30) } as TensorData };
    const seen = noting(tree);
    const model = batched(seen, OPTIONS);
    await Promise.all(Array.from({ length: 60 }, () => model.run(one)));
    expect(Math.max(...seen.runs)).toBe(16);
    const proofs = seen.runs.filter((count) => count === 1).length;
    expect(seen.runs.length - proofs).toBeLessThanOrEqual(5);
    seen.runs.length = 0;
    await Promise.all(Array.from({ length: 32 }, () => model.run(one)));
    expect(seen.runs.length).toBeLessThanOrEqual(4);
  });

  it('lets a single caller never wait', async () => {
    const one = { features: { type: 'float32', shape: [1, 30], data: new Float32Array(30) } as TensorData };
    const model = batched(tree, { ...OPTIONS, maxDelayMs: 1_000_000 });
    for (let i = 0; i < 20; i++) await model.run(one);
  });

  it('puts together only what fits: types, trailing shapes and the outputs wanted', async () => {
    const ones = (n: number, fill: number): Feeds => ({
      features: { type: 'float32', shape: [n, 30], data: new Float32Array(n * 30).fill(fill) },
    });
    const model = batched(tree, OPTIONS);
    const answers = await Promise.all([
      model.run(ones(1, 0)),
      model.run(ones(2, 1), ['label']),
      model.run(ones(3, 2), ['probabilities']),
      model.run(ones(1, 3), ['label']),
    ]);
    expect(answers.map((answer) => Object.keys(answer))).toEqual([
      ['label', 'probabilities'],
      ['label'],
      ['probabilities'],
      ['label'],
    ]);
    expect(answers.map((answer) => Object.values(answer)[0]!.shape[0])).toEqual([1, 2, 3, 1]);
  });

  it('lets one bad request fail alone', async () => {
    const gather = await open('test/fixtures/onnx/broken-run.onnx');
    const model = batched(gather, OPTIONS);
    const indices = [0n, 1n, 99n, 2n, 0n];
    const results = await Promise.allSettled(
      [...indices, ...indices].map((index) =>
        model.run({ index: { type: 'int64', shape: [1], data: BigInt64Array.of(index) } }),
      ),
    );
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value.picked!.data[0] : 'failed'))).toEqual(
      [0.1, 0.2, 'failed', 0.3, 0.1, 0.1, 0.2, 'failed', 0.3, 0.1].map((value) =>
        typeof value === 'number' ? Math.fround(value) : value,
      ),
    );
  });

  it('passes a refusal on to all without trying again', async () => {
    let runs = 0;
    const busy: OnnxModel = {
      ...tree,
      run: async () => {
        runs++;
        await new Promise((resolve) => setTimeout(resolve, 1));
        throw new ProtocolError(504, 'too slow');
      },
    };
    const one = { features: { type: 'float32', shape: [1, 30], data: new Float32Array(30) } as TensorData };
    const model = batched(busy, { ...OPTIONS, maxRows: 100 });
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => model.run(one)));
    expect(results.every((result) => result.status === 'rejected' && result.reason.status === 504)).toBe(true);
    expect(runs).toBe(2);
  });

  it('finds out that rows depend on each other, answers rightly all the same, and goes on without batches', async () => {
    const share = await written('share', shareModel());
    let dependent = 0;
    const model = batched(share, { ...OPTIONS, onDependent: () => dependent++ });
    const ask = (x: number) => model.run({ x: { type: 'float32', shape: [2, 1], data: Float32Array.of(x, 1) } });
    const answers = await Promise.all([1, 3, 7, 15, 31].map(ask));
    expect(answers.map(({ share }) => [...(share!.data as Float32Array)])).toEqual([
      [0.5, 0.5],
      [0.75, 0.25],
      [0.875, 0.125],
      [0.9375, 0.0625],
      [0.96875, 0.03125],
    ]);
    expect(dependent).toBe(1);
  });

  it('does not let a recurrence over axis 0 go on from one caller to the next', async () => {
    const rnn = await written('rnn', recurrentModel());
    expect(canBatch(rnn.signature)).toBe(true);
    const feeds = [3, 5, 2, 4].map((steps, i) => ({
      x: { type: 'float32', shape: [steps, 1, 1], data: new Float32Array(steps).fill(i + 1) } as TensorData,
    }));
    const alone = await Promise.all(feeds.map((each) => rnn.run(each)));
    const together = batched(rnn, OPTIONS);
    for (let round = 0; round < 2; round++)
      expect(await Promise.all(feeds.map((each) => together.run(each)))).toEqual(alone);
  });

  it('refuses with 503 what has waited too long for a run, and tells how long the others waited', async () => {
    let end: () => void = () => undefined;
    const slow: OnnxModel = {
      ...tree,
      run: async (feeds, outputs) => {
        await new Promise<void>((resolve) => {
          end = resolve;
        });
        return tree.run(feeds, outputs);
      },
    };
    const model = batched(slow, { ...OPTIONS, maxRows: 2, maxWaitMs: 20 });
    const one = { features: { type: 'float32', shape: [1, 30], data: new Float32Array(30) } as TensorData };
    const report: { queue?: number } = {};
    const first = model.run(one, undefined, report);
    const second = model.run(one);
    await expect(second).rejects.toMatchObject({ status: 503, retryAfterSeconds: 1 });
    end();
    await first;
    expect(report.queue).toBeGreaterThanOrEqual(0);
  });
});

describe('canBatch', () => {
  it('wants a dynamic first dimension of every input and output', async () => {
    expect([tree, pipeline, int64, perceptron].every(({ signature }) => canBatch(signature))).toBe(true);
    expect(canBatch((await open('test/fixtures/onnx/kinds.onnx')).signature)).toBe(false);
  });
});
