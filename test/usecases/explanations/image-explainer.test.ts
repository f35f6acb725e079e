import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Manifest } from '../../../core/manifest/manifest.ts';
import type { TensorData } from '../../../core/model/tensor.ts';
import { Baseline } from '../../../core/profile/profile.ts';
import { digestOfFile } from '../../../platform/digest.ts';
import { loadModel, type OnnxModel } from '../../../platform/onnx/model.ts';
import { createExplainer } from '../../../usecases/explanations/create-explainer.ts';
import type { ExplainerOptions } from '../../../usecases/explanations/explainer.ts';
import { brightnessModel } from '../../fixtures/onnx/pictures.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** What `buildBaseline` has of pictures whose means are 20 to 220. */
const baseline = Baseline.parse({
  format: 1,
  createdAt: '2026-01-01T00:00:00.000Z',
  source: '0'.repeat(64),
  profile: {
    rows: 100,
    columns: {
      'image.mean': {
        kind: 'numeric',
        rows: 100,
        missing: 0,
        edges: [120],
        counts: [50, 50],
        min: 20,
        max: 220,
        mean: 120,
        m2: 1,
      },
    },
  },
  chunks: [],
});

describe('explaining a picture', () => {
  let folder: string;
  let model: OnnxModel;
  beforeAll(async () => {
    folder = temporaryFolder('grid');
    const file = path.join(folder, 'model.onnx');
    // It looks at the left half alone.
    await writeFile(file, brightnessModel({ half: true }));
    model = await loadModel(file, { digest: await digestOfFile(file) });
  });
  afterAll(async () => {
    await model.release();
  });

  const options = (settings: object = {}, more: Partial<ExplainerOptions> = {}): ExplainerOptions => ({
    model,
    signature: model.signature,
    manifest: Manifest.parse({
      name: 'brightness',
      contract: { features: [], tensors: [{ name: 'image' }] },
      explanations: settings,
    }),
    file: () => readFile(path.join(folder, 'model.onnx')),
    baseline,
    ...more,
  });
  /** A model on a clock of its own, whose every row takes so long, however fast this machine is. */
  const slow = (rowMs: number) => {
    let at = 0;
    const run: ExplainerOptions['model']['run'] = (feeds, ...rest) => {
      at += rowMs * feeds.image!.shape[0]!;
      return model.run(feeds, ...rest);
    };
    return { model: { run }, now: () => at };
  };
  /** Pictures that are dark but for the cell at the top left of a grid of four by four. */
  const pictures = (n: number, side: number): Record<string, TensorData> => {
    const data = new Uint8Array(n * side * side * 3).fill(20);
    for (let row = 0; row < n; row++)
      for (let y = 0; y < side / 4; y++)
        data.fill(220, 3 * side * (row * side + y), 3 * (side * (row * side + y) + side / 4));
    return { image: { type: 'uint8', shape: [n, side, side, 3], data } };
  };

  /** Level of a cell of such a picture where it is explained: of the two on the left of a row, else the reference's mean. */
  const levelOf = (cell: number): number => {
    if (cell % 4 > 1) return 120;
    return cell === 0 ? 220 : 20;
  };

  it('gives cells what they do to the score, against levels of the reference', async () => {
    const found = await createExplainer(options({ grid: 4, permutations: 2 }, slow(0))).explain(pictures(2, 16), 2);
    expect(found).toMatchObject({
      method: 'sampled',
      output: 'brightness',
      background: 'levels',
      backgroundRows: 5,
      complete: true,
      grid: {
        input: 'image',
        axes: [1, 2],
        edges: [
          [0, 4, 8, 12, 16],
          [0, 4, 8, 12, 16],
        ],
      },
    });
    expect(found.features.slice(0, 2)).toEqual(['image[0:4, 0:4]', 'image[0:4, 4:8]']);
    for (const { values, value, baseValue, standardErrors } of found.rows) {
      // The mean level is 120, of 255; eight cells are looked at, and the score is their mean: what each does is known.
      for (const [i, own] of values.entries()) {
        expect(own).toBeCloseTo((levelOf(i) - 120) / 255 / 8, 5);
      }
      expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(value - baseValue, 6);
      // Cells add up here, so that any order says the same.
      for (const error of standardErrors!) expect(error).toBeLessThan(1e-5);
    }
  });

  it('ends within its budget on pictures of 150,000 numbers, with as fine a grid as there is time for', async () => {
    const clock = slow(20);
    const explainer = createExplainer(options({ budgetMs: 1_200, grid: 16 }, clock));
    const found = await explainer.explain(pictures(1, 224), 1);
    // Two runs to know what one takes, and of the 58 that are left 52 for each cell there and back.
    expect(found.grid!.edges.map((own) => own.length)).toEqual([6, 6]);
    expect(clock.now()).toBeLessThanOrEqual(1_200);
    expect(found).toMatchObject({ complete: false, backgroundRows: 1 });
    expect(found.rows[0]!.values[0]).toBeGreaterThan(0);
    const whole = await createExplainer(options({ budgetMs: 1_200, grid: 4 }, slow(1))).explain(pictures(1, 224), 1);
    expect(whole).toMatchObject({ complete: true, backgroundRows: 5 });
    expect(whole.features).toHaveLength(16);
  });

  it('refuses with the reason where not even the coarsest grid is done in time', async () => {
    const asked = createExplainer(options({ budgetMs: 200 }, slow(20))).explain(pictures(3, 8), 3);
    await expect(asked).rejects.toMatchObject({
      status: 504,
      message:
        'a run of one row takes 20 ms, and explaining 3 of them takes 30 runs at least: more than the 200 ms there are; ' +
        'send fewer or smaller rows, or raise explanations.budgetMs',
    });
  });

  it('refuses what a picture does not have, and a tensor that nothing is known of', async () => {
    const explainer = createExplainer(options());
    await expect(explainer.explain(pictures(1, 8), 1, { method: 'exact' })).rejects.toThrow(
      /exact values cannot be had of a tensor/,
    );
    await expect(explainer.explain(pictures(1, 8), 1, { scale: 'raw' })).rejects.toThrow(/no raw score/);
    const blank = { ...options(), baseline: { ...baseline, profile: { rows: 1, columns: {} } } };
    expect(() => createExplainer(blank)).toThrow(
      'nor a tensor of numbers with a summary in it: there is nothing to explain by',
    );
  });
});
