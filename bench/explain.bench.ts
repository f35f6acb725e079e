import { readFile } from 'node:fs/promises';
import { compileCheck } from '../core/contract/check.ts';
import { Manifest } from '../core/manifest/manifest.ts';
import { Baseline } from '../core/profile/profile.ts';
import { digestOfFile } from '../platform/digest.ts';
import { loadModel } from '../platform/onnx/model.ts';
import { FeatureExplainer } from '../usecases/explanations/feature-explainer.ts';
import { type Bench, median, ratioRow } from './bench.ts';
import { features, TREE_MODEL } from './deployed-function.ts';

const WIDTH = 30;
const BACKGROUND = 100;
const RUNS = 60;

/** Exact values of one row against as many runs of the model as there are rows to compare with, in turns. */
export const bench: Bench = async () => {
  const model = await loadModel(TREE_MODEL, { digest: await digestOfFile(TREE_MODEL) });
  const input = model.signature.inputs[0]!.name;
  const names = Array.from({ length: WIDTH }, (_, i) => `f${i}`);
  const manifest = Manifest.parse({
    name: 'bench',
    contract: { features: names.map((name, index) => ({ name, type: 'float', input, index })) },
    explanations: { budgetMs: 25_000, backgroundRows: BACKGROUND },
  });
  const column = { kind: 'numeric', rows: 1, missing: 0, edges: [], counts: [1], min: 0, max: 1, mean: 0, m2: 0 };
  const flat = Array.from(features(BACKGROUND) as ArrayLike<number>);
  const rows = Array.from({ length: BACKGROUND }, (_, i) => flat.slice(i * WIDTH, (i + 1) * WIDTH));
  const baseline = Baseline.parse({
    format: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    source: '0'.repeat(64),
    profile: { rows: BACKGROUND, columns: Object.fromEntries(names.map((name) => [name, column])) },
    chunks: [],
    background: { columns: names, rows },
  });
  const explainer = new FeatureExplainer({
    model,
    signature: model.signature,
    manifest,
    file: () => readFile(TREE_MODEL),
    baseline,
  });
  const check = compileCheck(manifest.contract, model.signature);
  const tensorsOf = (i: number) =>
    check.run(new Map([[input, { shape: [1, WIDTH], data: rows[i % BACKGROUND]! }]]), false).tensors;
  const own: number[] = [];
  const bare: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const tensors = tensorsOf(i);
    let from = performance.now();
    const { method } = await explainer.explain(tensors, 1, { output: 'probabilities', column: 1 });
    own.push(performance.now() - from);
    if (method !== 'exact') throw new Error(`the values are ${method}, expected exact ones`);
    from = performance.now();
    for (let run = 0; run < BACKGROUND; run++) await model.run(tensors);
    bare.push(performance.now() - from);
  }
  await explainer.close();
  await model.release();
  const what = `exact Shapley values of a row, 100 trees x depth 6, ${WIDTH} features, ${BACKGROUND} background rows: p50 against ${BACKGROUND} runs`;
  return [ratioRow(what, { own: median(own), other: median(bare) })];
};
