import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { Baseline } from '../../../core/profile/profile.ts';
import { brightnessModel, scenes, take } from '../../fixtures/onnx/pictures.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const FIXTURES = path.resolve('test/fixtures/onnx');

describe('trimtab init with tensors', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder('init');
  });

  async function run(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
    const [out, err]: [string[], string[]] = [[], []];
    const status = await main(['--home', path.join(folder, 'home'), ...argv], {
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      env: { TRIMTAB_ACTOR: 'user:ada' },
    });
    return { status, out: out.join('\n'), err: err.join('\n') };
  }
  const requests = (lines: readonly unknown[], name = 'requests.jsonl'): string => {
    const file = path.join(folder, name);
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return file;
  };
  const target = () => path.join(folder, 'made');
  const init = (model: string, data: string, ...more: string[]) =>
    run('init', '--model', model, '--data', data, '--name', 'made', '--out', target(), ...more);
  const written = () => ({
    manifest: Manifest.parse(JSON.parse(readFileSync(path.join(target(), 'model.json'), 'utf8'))),
    baseline: Baseline.parse(JSON.parse(readFileSync(path.join(target(), 'baseline.json'), 'utf8'))),
  });

  it('says how far estimates are off without a tolerance, and what there is none of: a decision, labels', async () => {
    const data = path.join(folder, 'flights.csv');
    const lines = readFileSync('models/air-time/data/traffic-summer.csv', 'utf8').split('\n').slice(0, 300);
    writeFileSync(data, lines.join('\n'));
    const columns = ['--id', 'flight_id', '--time', 'scheduled'];
    const asked = [...columns, '--output', 'minutes'];
    const labelled = await init('models/air-time/v1/model.onnx', data, ...asked, '--label', 'air_time');
    expect(labelled.err).toBe('');
    expect(labelled.out).toContain('  off by 6.08 on average (MAE), RMSE 8.33, over 299 labelled rows');
    expect(written().manifest.decision).toEqual({ task: 'regression', output: 'minutes', column: 0 });
    expect(written().baseline.performance).toMatchObject({
      mae: expect.closeTo(6.08, 1),
    });
    const undecided = await init('models/air-time/v1/model.onnx', data, ...columns, '--label', 'air_time', '--force');
    expect(undecided.out).toContain('  no decision: how good it is is not known');
    const without = await init('models/air-time/v1/model.onnx', data, ...asked, '--force');
    expect(without.out).toContain('output minutes has one number a row');
  });

  it('reads requests behind a byte order mark', async () => {
    const model = path.join(folder, 'brightness.onnx');
    writeFileSync(model, brightnessModel());
    const lines = take(scenes({ width: 8 }), 20).map((file) => ({ image: { b64: file.toString('base64') } }));
    const data = requests(lines);
    writeFileSync(data, `\ufeff${readFileSync(data, 'utf8')}`);
    expect(await init(model, data)).toMatchObject({ err: '', status: 0 });
  });

  it('learns sizes and range of pictures that come as files, and summarises them in the baseline', async () => {
    const model = path.join(folder, 'brightness.onnx');
    writeFileSync(model, brightnessModel());
    const files = [...take(scenes({ width: 8 }), 10), ...take(scenes({ width: 18, seed: 2 }), 10)];
    const lines = files.map((file, i) => ({ image: { b64: file.toString('base64') }, light: i % 2, shop: 'a' }));
    const made = await init(model, requests(lines), '--label', 'light', '--threshold', '0.4');
    expect(made.err).toBe('');
    expect(made.out).toContain('0 features, tensor image (of pictures), baseline of 20 rows');
    const { manifest, baseline } = written();
    expect(manifest.preprocess).toEqual({ image: { decode: 'image', maxPixels: 4_000_000 } });
    expect(manifest.contract.tensors).toEqual([
      {
        name: 'image',
        shape: [null, 8, { min: 6, max: 20 }, 3],
        max: 220,
        finite: true,
        onViolation: { max: 'flag' },
        personal: 'no',
      },
    ]);
    const [rule] = manifest.contract.tensors;
    const seen = (of: string) => baseline.profile.columns[`image.${of}`] as { max: number };
    expect(rule!.max).toBeGreaterThan(seen('max').max);
    expect(Object.keys(baseline.profile.columns)).toEqual(
      ['mean', 'std', 'min', 'max', 'size'].map((of) => `image.${of}`).concat('output:brightness'),
    );
    expect(manifest.contract.data).toMatchObject({ label: 'light', extra: ['shop'] });
    expect(baseline.performance?.rows).toBe(20);
    expect((await run('register', target())).status).toBe(0);
  });

  it('takes a list of numbers for a whole tensor, and what is beside it for features', async () => {
    const lines = Array.from({ length: 12 }, (_, i) => ({
      features: Array.from({ length: 30 }, (_, j) => i - j / 10),
    }));
    const made = await init(path.join(FIXTURES, 'tree-30.onnx'), requests(lines));
    expect(made.err).toBe('');
    // -2.9 to 11, a fifth wider.
    expect(written().manifest.contract).toMatchObject({
      features: [],
      tensors: [{ name: 'features', shape: [null, 30], min: -6, max: 14, finite: true }],
    });
    expect((await run('register', target())).status).toBe(0);
  });

  it('allows what is not finite, and all that the type does, where the reference has it', async () => {
    const picture = (level: number | null) =>
      Array.from({ length: 3 }, () => [
        [level, 255],
        [0, 3],
      ]);
    const image = path.join(FIXTURES, 'frameworks', 'torch-image.onnx');
    expect((await init(image, requests([{ image: picture(7) }]))).err).toBe('');
    const [bytes] = written().manifest.contract.tensors;
    expect(bytes).toMatchObject({ shape: [null, 3, 2, 2], finite: true });
    expect(bytes).not.toHaveProperty('max');
    rmSync(target(), { recursive: true });

    const numbers = path.join(FIXTURES, 'tree-30.onnx');
    const row = (value: number | null) => ({ features: [value, ...new Array<number>(29).fill(1)] });
    expect((await init(numbers, requests([row(1), row(null)]))).err).toBe('');
    expect(written().manifest.contract.tensors[0]).toMatchObject({ finite: false, min: 1, max: 1 });
  });

  it('says what is wrong with a reference that has no tensors', async () => {
    const model = path.join(folder, 'brightness.onnx');
    writeFileSync(model, brightnessModel());
    const table = path.join(folder, 'table.csv');
    writeFileSync(table, 'image\n1\n');
    expect(await init(model, table)).toMatchObject({
      status: 2,
      err: expect.stringMatching(/input image takes \[-1,-1,-1,3\].*no column of a table holds: give requests/),
    });
    const b64 = take(scenes(), 1)[0]!.toString('base64');
    expect((await init(model, requests([{ image: { b64 } }, { picture: 1 }]))).err).toMatch(
      /request 2 of the data lacks it/,
    );
    expect((await init(model, requests([{ image: { b64: 'R0lGODlh' } }]))).err).toMatch(
      /request 1: .*neither a PNG nor a JPEG/,
    );
    expect((await init(model, requests([]))).err).toMatch(/is empty/);
  });
});
