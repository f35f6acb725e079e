import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { hourFolder } from '../../../core/model/hour-folder.ts';
import { readCaptureObject } from '../../../platform/captures.ts';
import { withExamined } from '../../../platform/onnx/examine.ts';
import { buildBaseline } from '../../../usecases/baseline/build-baseline.ts';
import { runDriftDetection } from '../../../usecases/drift/detect-drift.ts';
import { brightnessModel, scenes, take } from '../../fixtures/onnx/pictures.ts';
import { read, request, ServingFixture } from '../../fixtures/serving-fixture.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** A model of pictures from its reference over the endpoint to the detector: all that is kept of a picture is a summary. */
describe('drift of pictures', () => {
  let fixture: ServingFixture;
  let folder: string;

  beforeAll(async () => {
    folder = temporaryFolder('pictures');
    fixture = await ServingFixture.open();
    const modelFile = path.join(folder, 'model.onnx');
    const dataFile = path.join(folder, 'reference.jsonl');
    writeFileSync(modelFile, brightnessModel());
    const lines = take(scenes({ seed: 1 }), 2000).map((file) =>
      JSON.stringify({ image: { b64: file.toString('base64') } }),
    );
    writeFileSync(dataFile, `${lines.join('\n')}\n`);
    const manifest = Manifest.parse({
      name: 'brightness',
      contract: { features: [], tensors: [{ name: 'image' }] },
      preprocess: { image: { decode: 'image' } },
      decision: { task: 'binary', output: 'brightness', column: 0, threshold: 0.4 },
      serving: { maxBatch: 64 },
    });
    writeFileSync(path.join(folder, 'model.json'), JSON.stringify(manifest));
    await withExamined(modelFile, async ({ signature, file, open }) => {
      const baseline = await buildBaseline({ dataFile, open, manifest, signature, now: new Date() });
      writeFileSync(path.join(folder, 'baseline.json'), JSON.stringify(baseline));
      await fixture.registry.register(folder, signature, { modelFile: file });
    });
    await fixture.apply('brightness', { type: 'approve', version: 1, reason: 'test' });
    await fixture.apply('brightness', { type: 'release', version: 1, reason: 'test' });
  }, 60_000);
  afterAll(async () => {
    await fixture.close();
  });

  /** Sends pictures, delivers what was captured of them, and looks. */
  async function look(pictures: readonly Buffer[]) {
    const from = new Date();
    fixture.lines.length = 0;
    const endpoint = await fixture.endpoint();
    for (let i = 0; i < pictures.length; i += 50) {
      const instances = pictures.slice(i, i + 50).map((file) => ({ image: { b64: file.toString('base64') } }));
      expect(read(await endpoint.handle(request('POST', '/v1/models/brightness:predict', { instances }))).status).toBe(
        200,
      );
    }
    const captured = fixture.lines.filter((line) => line.includes('"trimtab":"capture"'));
    const key = `captures/${hourFolder(from.toISOString())}/${from.getTime()}.jsonl`;
    await fixture.real.captures.put(key, `${captured.join('\n')}\n`);
    // Nothing of a picture but its summary has left the endpoint.
    const kept = ['mean', 'std', 'min', 'max', 'size', 'digest'].map((of) => `image.${of}`);
    for (const { features } of await readCaptureObject(fixture.real, key)) expect(Object.keys(features)).toEqual(kept);
    // The next window begins where this one ends.
    const to = new Date(Date.now() + 1);
    await new Promise((resolve) => setTimeout(resolve, 2));
    return runDriftDetection(fixture.real, { model: 'brightness', now: to, window: { from, to } });
  }
  const drifted = ({ columns }: Awaited<ReturnType<typeof look>>) =>
    columns.filter(({ status }) => status === 'drift').map(({ column }) => column);

  it('is quiet about other pictures of the same kind', async () => {
    const report = await look(take(scenes({ seed: 2 }), 1000));
    expect([report.verdict, report.rows, drifted(report)]).toEqual(['no_drift', 1000, []]);
  });

  it('finds that pictures have become darker, names their mean, and shows it', async () => {
    const report = await look(take(scenes({ seed: 3, light: 0.7 }), 1000));
    expect(report.verdict).toBe('drift');
    expect(drifted(report)).toEqual(expect.arrayContaining(['image.mean', 'image.max', 'output:brightness']));
    // The light is less, and so is all that is in it; the size of the picture is what it was.
    expect(drifted(report)).not.toContain('image.size');
    const page = new TextDecoder().decode(await fixture.real.data.get(report.report));
    expect(page).toContain('image.mean');
  });

  it('finds noise that leaves the mean where it was, by their spread', async () => {
    const report = await look(take(scenes({ seed: 4, noise: 60 }), 1000));
    expect(report.verdict).toBe('drift');
    expect(drifted(report)).toContain('image.std');
    expect(drifted(report)).not.toContain('image.mean');
  });
});
