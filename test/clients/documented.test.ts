import { execFile, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FLOAT, model, node, tensor, valueInfo } from '../fixtures/onnx/write.ts';
import { TREE } from '../fixtures/serving-fixture.ts';
import { Serving } from './serving.ts';

const here = spawnSync('curl', ['--version']).status === 0;
if (!here) process.stderr.write('skipped: the calls that other servers document; there is no curl here\n');

/** TensorFlow Serving's example: half of x, and three. */
const halfPlusThree = model({
  nodes: [node('Mul', ['x', 'half'], ['halved']), node('Add', ['halved', 'three'], ['y'])],
  constants: [tensor('half', FLOAT, [1], Float32Array.of(0.5)), tensor('three', FLOAT, [1], Float32Array.of(3))],
  inputs: [valueInfo('x', FLOAT, ['n'])],
  outputs: [valueInfo('y', FLOAT, ['n'])],
});

describe.skipIf(!here)('What other servers document, with curl', () => {
  let serving: Serving;
  beforeAll(async () => {
    serving = await Serving.start([
      { manifest: { name: 'half-plus-three', contract: { features: [] } } as { name: string }, onnx: halfPlusThree },
      { manifest: TREE, onnx: 'tree-30' },
    ]);
    await mkdir(path.join(serving.folder, 'files'));
  }, 120_000);
  afterAll(() => serving.close());

  const curl = async (target: string, ...args: string[]) => {
    const format = ['--silent', '--show-error', '--noproxy', '*', '--write-out', '\n%{http_code}'];
    const { stdout } = await promisify(execFile)('curl', [...format, ...args, serving.url + target]);
    const lines = stdout.split('\n');
    const status = Number(lines.pop());
    return { status, body: JSON.parse(lines.join('\n')) };
  };

  // https://www.tensorflow.org/tfx/serving/api_rest#example
  it("answers TensorFlow Serving's calls to the letter", async () => {
    const at = '/v1/models/half-plus-three';
    expect(await curl(at)).toMatchObject({
      status: 200,
      body: {
        model_version_status: [{ version: '1', state: 'AVAILABLE', status: { error_code: 'OK', error_message: '' } }],
      },
    });
    expect(await curl(`${at}:predict`, '-d', '{"instances": [1.0,2.0,5.0]}', '-X', 'POST')).toEqual({
      status: 200,
      body: { predictions: [3.5, 4, 5.5] },
    });
    const regress = '{"signature_name": "tensorflow/serving/regress","examples": [{"x": 1.0}, {"x": 2.0}]}';
    expect(await curl(`${at}:regress`, '-d', regress, '-X', 'POST')).toEqual({
      status: 200,
      body: { results: [3.5, 4] },
    });
  });

  // https://pytorch.org/serve/inference_api.html
  it("takes TorchServe's uploads: a file by PUT, a form, a body", async () => {
    const row = Array.from({ length: 30 }, (_, i) => -1 + (2 * i) / 149);
    const file = path.join(serving.folder, 'files', 'row.json');
    await writeFile(file, JSON.stringify(row));
    for (const args of [
      ['-T', file],
      ['-F', `data=@${file}`],
      ['-X', 'POST', '-d', JSON.stringify(row)],
    ]) {
      const { status, body } = await curl('/predictions/tree', ...args);
      expect({ status, args }).toEqual({ status: 200, args });
      expect(body.probabilities[0]).toBeCloseTo(0.62529788, 5);
      expect(body.probabilities[1]).toBeCloseTo(0.37470212, 5);
    }
    // Above a megabyte curl asks first whether it may send.
    await writeFile(file, JSON.stringify(Array(3_000).fill(row)));
    const many = await curl('/predictions/tree', '-T', file);
    expect(many.body).toHaveLength(3_000);
    expect(await curl('/ping')).toEqual({ status: 200, body: { status: 'Healthy' } });
    expect((await curl('/', '-X', 'OPTIONS')).body.openapi).toMatch(/^3/);
    expect(await curl('/predictions/none', '-T', file)).toMatchObject({
      status: 404,
      body: { type: 'ModelNotFoundException' },
    });
  });
});
