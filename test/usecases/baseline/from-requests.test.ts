import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { Baseline } from '../../../core/profile/profile.ts';
import { withExamined } from '../../../platform/onnx/examine.ts';
import { buildBaseline } from '../../../usecases/baseline/build-baseline.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const MODEL = path.resolve('test/fixtures/onnx/frameworks/torch-image.onnx');
const manifest = Manifest.parse({
  name: 'image',
  contract: {
    features: [],
    tensors: [{ name: 'image', shape: [null, 3, { max: 8 }, { max: 8 }] }],
    data: { label: 'bright' },
  },
  decision: { task: 'binary', output: 'scores', column: 0, threshold: 0 },
});

let folder: string;
beforeAll(async () => {
  folder = temporaryFolder('requests');
});

async function baselineOf(lines: unknown[]): Promise<Baseline> {
  const dataFile = path.join(folder, 'requests.jsonl');
  await writeFile(dataFile, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return withExamined(MODEL, ({ signature, open }) =>
    buildBaseline({ dataFile, open, manifest, signature, now: new Date(0) }),
  );
}
const picture = (level: number, size: number) =>
  Array.from({ length: 3 }, () => Array.from({ length: size }, () => new Array<number>(size).fill(level)));

describe('a baseline of requests', () => {
  it('has what captures of them would have, and how good the decisions were', async () => {
    const lines = Array.from({ length: 60 }, (_, i) => ({ image: picture(i, 4 + (i % 2)), bright: i < 15 ? 0 : 1 }));
    const baseline = Baseline.parse(await baselineOf(lines));
    const { columns } = baseline.profile;
    expect(Object.keys(columns)).toEqual([
      'image.mean',
      'image.std',
      'image.min',
      'image.max',
      'image.size',
      'output:scores',
    ]);
    expect(columns['image.mean']).toMatchObject({ rows: 60, missing: 0, min: 0, max: 59, mean: 29.5 });
    expect(columns['image.size']).toMatchObject({ min: 48, max: 75 });
    // A probability is never below 0, so each decision is positive: wrong where the truth is 0.
    expect(baseline.performance).toMatchObject({ rows: 60, errorRate: 0.25 });
  });

  it('says which line is no request', async () => {
    const good = { image: picture(1, 4), bright: 1 };
    await expect(baselineOf([good, { image: [[1]] }])).rejects.toThrow(/request 2: input image has shape \[1,1,1\]/);
    await expect(baselineOf([good, 7])).rejects.toThrow(/line 2 is no object/);
    await expect(baselineOf([])).rejects.toThrow(/has no requests/);
  });
});
