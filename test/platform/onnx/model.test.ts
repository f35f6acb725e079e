import { createHash } from 'node:crypto';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  DigestMismatchError,
  FeedError,
  FeedSizeError,
  ModelLoadError,
  ModelLostError,
} from '../../../platform/onnx/errors.ts';
import { loadModel, loadModelBytes, readSignature } from '../../../platform/onnx/model.ts';
import { expandModel, productsModel } from '../../fixtures/onnx/write.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const fixture = (name: string) => path.resolve('test/fixtures/onnx', `${name}.onnx`);
const digestOf = async (file: string) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
const load = async (name: string) => loadModel(fixture(name), { digest: await digestOf(fixture(name)) });

let folder: string;
beforeAll(async () => {
  folder = temporaryFolder('onnx');
});

describe('readSignature', () => {
  it('reads names, types and shapes from the graph, -1 for what is dynamic', async () => {
    expect(await readSignature(fixture('pipeline'))).toEqual({
      inputs: [
        { name: 'carrier', type: 'string', shape: [-1, 1] },
        { name: 'distance', type: 'float32', shape: [-1, 1] },
        { name: 'temperature', type: 'float32', shape: [-1, 1] },
      ],
      outputs: [
        { name: 'label', type: 'int64', shape: [-1] },
        { name: 'probabilities', type: 'float32', shape: [-1, 2] },
      ],
    });
  });
});

describe('loadModel', () => {
  it('refuses a file with another digest before anything of it is loaded', async () => {
    const file = path.join(folder, 'swapped.onnx');
    await copyFile(fixture('int64'), file);
    const digest = await digestOf(fixture('pipeline'));
    await expect(loadModel(file, { digest })).rejects.toThrow(DigestMismatchError);
  });

  it('refuses one flipped bit that ONNX Runtime itself would take', async () => {
    const bytes = await readFile(fixture('tree-30'));
    const digest = createHash('sha256').update(bytes).digest('hex');
    const file = path.join(folder, 'flipped.onnx');
    // A threshold of a tree (a tag byte and four of a float each): the graph is still valid, its answers are not.
    const thresholds = bytes.indexOf('nodes_values') + 'nodes_values'.length;
    bytes[thresholds + 5 * 100 + 2]! ^= 1;
    await writeFile(file, bytes);
    await expect(readSignature(file)).resolves.toBeDefined();
    await expect(loadModel(file, { digest })).rejects.toMatchObject({ expected: digest });
  });

  it('says that a file is no model', async () => {
    const file = path.join(folder, 'text.onnx');
    await writeFile(file, 'this is no model');
    await expect(loadModel(file, { digest: await digestOf(file) })).rejects.toThrow(ModelLoadError);
    await writeFile(file, '');
    await expect(loadModel(file, { digest: await digestOf(file) })).rejects.toThrow(ModelLoadError);
  });

  it('runs strings and missing numbers, and gives only the outputs asked for', async () => {
    const model = await load('pipeline');
    const feeds = {
      carrier: { type: 'string', shape: [2, 1], data: ['B6', 'unknown'] },
      distance: { type: 'float32', shape: [2, 1], data: new Float32Array([1500, 100]) },
      temperature: { type: 'float32', shape: [2, 1], data: new Float32Array([Number.NaN, 20]) },
    } as const;
    const outputs = await model.run({ ...feeds, carrier: { ...feeds.carrier, data: [...feeds.carrier.data] } }, [
      'probabilities',
    ]);
    expect(Object.keys(outputs)).toEqual(['probabilities']);
    expect(outputs.probabilities).toMatchObject({ type: 'float32', shape: [2, 2] });
    for (const value of outputs.probabilities!.data as Float32Array) expect(value).toBeGreaterThan(0);
    await model.release();
  });

  it('refuses to give an output that the graph does not have, and can run afterwards', async () => {
    const model = await load('tree-30');
    const features = { type: 'float32' as const, shape: [1, 30], data: new Float32Array(30) };
    await expect(model.run({ features }, ['label', 'nothing'])).rejects.toThrow('nothing');
    expect(Object.keys(await model.run({ features }, ['label']))).toEqual(['label']);
    await model.release();
  });

  it('keeps every digit of 64-bit integers', async () => {
    const model = await load('int64');
    const outputs = await model.run({
      numbers: { type: 'int64', shape: [1, 2], data: new BigInt64Array([9007199254740993n, -1n]) },
      ids: { type: 'uint64', shape: [1], data: new BigUint64Array([2n ** 64n - 1n]) },
    });
    expect(outputs.next!.data).toEqual(new BigInt64Array([9007199254740994n, 0n]));
    expect(outputs.same!.data).toEqual(new BigUint64Array([2n ** 64n - 1n]));
    await model.release();
  });

  it('tells feeds at fault from a run that fails inside', async () => {
    const model = await load('broken-run');
    const feed = (shape: number[], data: bigint[]) => ({
      index: { type: 'int64' as const, shape, data: new BigInt64Array(data) },
    });
    await expect(model.run({})).rejects.toThrow(FeedError);
    await expect(model.run(feed([1, 1], [0n]))).rejects.toThrow(FeedError);
    await expect(model.run({ index: { type: 'float32', shape: [1], data: new Float32Array(1) } })).rejects.toThrow(
      FeedError,
    );
    await expect(model.run(feed([1], [9n]))).rejects.not.toThrow(FeedError);
    expect((await model.run(feed([1], [2n]))).picked!.data[0]).toBeCloseTo(0.3);
    await model.release();
  });

  it('tells sizes that there is no memory for from a model that there is none for', async () => {
    const products = await loadModelBytes('products', productsModel());
    const rows = (n: number) => ({ x: { type: 'float32' as const, shape: [n, 1], data: new Float32Array(n).fill(1) } });
    await expect(products.run(rows(2_000_000))).rejects.toThrow(FeedSizeError);
    expect((await products.run(rows(2))).products!.shape).toEqual([2, 2]);
    await products.release();
    const expand = await loadModelBytes('expand', expandModel());
    const count = { type: 'int64' as const, shape: [1], data: new BigInt64Array([10n ** 15n]) };
    await expect(expand.run({ count })).rejects.toThrow(ModelLostError);
    await expand.release();
  });
});
