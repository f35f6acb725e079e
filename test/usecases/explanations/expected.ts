import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { compileCheck } from '../../../core/contract/check.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import type { TensorData } from '../../../core/model/tensor.ts';
import { Baseline } from '../../../core/profile/profile.ts';
import { digestOfFile } from '../../../platform/digest.ts';
import { loadModel, type OnnxModel } from '../../../platform/onnx/model.ts';
import { FeatureExplainer } from '../../../usecases/explanations/feature-explainer.ts';

/** What test/fixtures/explain/build.py has written down. */
export interface Expected {
  readonly output: string;
  readonly background: unknown[][];
  readonly rows: unknown[][];
  /** By column of the output, row and feature. */
  readonly values: number[][][];
  readonly base: number[];
  readonly features?: string[];
}

const FOLDER = path.resolve('test/fixtures/explain');

export const EXPECTED: Readonly<Record<string, Expected>> = JSON.parse(
  readFileSync(path.join(FOLDER, 'expected.json'), 'utf8'),
);

/** A model of the fixtures with an explainer that compares with the very rows that the fixture was made with. */
export interface Opened extends AsyncDisposable {
  readonly explainer: FeatureExplainer;
  readonly model: OnnxModel;
  readonly tensors: Record<string, TensorData>;
  readonly rows: number;
  /** How many columns an output has. */
  columns(output: string): number;
}

const typeOf = (values: readonly unknown[]): 'string' | 'float' =>
  values.some((value) => typeof value === 'string') ? 'string' : 'float';

export async function openFixture(name: string, settings: object = {}, more: object = {}): Promise<Opened> {
  const expected = EXPECTED[name]!;
  const example = /^flight-delay-(v\d)$/.exec(name)?.[1];
  const file = example ? path.resolve('models/flight-delay', example, 'model.onnx') : path.join(FOLDER, `${name}.onnx`);
  const model = await loadModel(file, { digest: await digestOfFile(file) });
  const { inputs } = model.signature;
  const single = inputs.length === 1;
  const width = expected.rows[0]!.length;
  const names = Array.from({ length: width }, (_, i) => (single ? `f${i}` : inputs[i]!.name));
  const features = names.map((feature, i) => ({
    name: feature,
    type: typeOf(expected.background.map((row) => row[i])),
    missing: 'allow' as const,
    ...(single ? { input: inputs[0]!.name, index: i } : {}),
  }));
  const manifest = Manifest.parse({
    name: 'fixture',
    contract: { features },
    explanations: { backgroundRows: expected.background.length, budgetMs: 20_000, ...settings },
    ...more,
  });
  const baseline = Baseline.parse({
    format: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    source: '0'.repeat(64),
    profile: { rows: expected.background.length, columns: Object.fromEntries(features.map((f) => [f.name, NUMERIC])) },
    chunks: [],
    background: { columns: names, rows: expected.background },
  });
  const check = compileCheck(manifest.contract, model.signature);
  const raw = new Map(
    inputs.map(({ name: input, shape }, i) => [
      input,
      single
        ? { shape: [expected.rows.length, width], data: expected.rows.flat() }
        : { shape: [expected.rows.length, ...shape.slice(1)], data: expected.rows.map((row) => row[i]) },
    ]),
  );
  const { tensors } = check.run(raw, false);
  const explainer = new FeatureExplainer({
    model,
    signature: model.signature,
    manifest,
    file: () => readFile(file),
    baseline,
  });
  return {
    explainer,
    model,
    tensors,
    rows: expected.rows.length,
    columns: (output) => model.signature.outputs.find(({ name: each }) => each === output)!.shape[1] ?? 1,
    [Symbol.asyncDispose]: async () => {
      await explainer.close();
      await model.release();
    },
  };
}

const NUMERIC = { kind: 'numeric', rows: 1, missing: 0, edges: [], counts: [1], min: 0, max: 1, mean: 0, m2: 0 };
