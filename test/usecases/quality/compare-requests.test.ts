import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelVersion } from '../../../core/registry/version.ts';
import { type LocalHome, openLocalHome } from '../../../platform/local/home.ts';
import { readSignature } from '../../../platform/onnx/model.ts';
import { compareVersions } from '../../../usecases/quality/compare-versions.ts';
import type { CompareView } from '../../../usecases/quality/compare-view.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const MODEL = 'test/fixtures/onnx/frameworks/torch-image.onnx';

describe('two versions that take whole tensors', () => {
  const folder = temporaryFolder('compare-requests');
  let home: LocalHome;
  const versions: ModelVersion[] = [];

  /** The same model, of which one version decides by another threshold. */
  beforeAll(async () => {
    home = await openLocalHome(path.join(folder, 'home'));
    const registry = new Registry(home, 'test');
    for (const threshold of [0, 2]) {
      const model = path.join(folder, `v${threshold}`);
      await mkdir(model);
      await copyFile(MODEL, path.join(model, 'model.onnx'));
      const manifest = {
        name: 'image',
        contract: {
          features: [],
          tensors: [{ name: 'image', shape: [null, 3, { max: 8 }, { max: 8 }] }],
          data: { label: 'bright' },
        },
        decision: { task: 'binary', output: 'scores', column: 0, threshold },
      };
      await writeFile(path.join(model, 'model.json'), JSON.stringify(manifest));
      const { version } = await registry.register(model, await readSignature(MODEL));
      versions.push(version);
    }
  });

  const picture = (level: number, size = 4) =>
    Array.from({ length: 3 }, () => Array.from({ length: size }, () => new Array<number>(size).fill(level)));

  async function compare(name: string, lines: readonly object[]): Promise<CompareView> {
    const file = path.join(folder, name);
    await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return compareVersions(home, {
      model: 'image',
      versions: [versions[0]!, versions[1]!],
      source: { kind: 'data', file },
    });
  }

  it('are asked about requests of a file of JSON lines, each with its label', async () => {
    // No score is below 0 or above 1: the first always says yes, the second never.
    const lines = Array.from({ length: 40 }, (_, i) => ({ image: picture(i, 4 + (i % 2)), bright: i < 10 ? 0 : 1 }));
    const view = await compare('all.jsonl', [...lines, { image: picture(1) }, { image: picture(1, 9), bright: 1 }]);
    expect(view).toMatchObject({
      rows: 41,
      unknown: 1,
      refused: [1, 1],
      errors: { onlyFirstWrong: 10, onlySecondWrong: 30, bothWrong: 1, bothRight: 0 },
    });
    expect(view.metrics.recall!.difference!.mean).toBeCloseTo(-30 / 31, 9);
  });

  it('say what to give where a file is a table, which has no column for a tensor', async () => {
    await expect(compare('all.csv', [])).rejects.toThrow(
      /version 1 takes input image, a whole tensor.*give requests as JSON lines \(\.jsonl, \.ndjson\)/,
    );
    await expect(compare('bad.jsonl', [[1]])).rejects.toThrow(/line 1 is no object/);
  });
});
