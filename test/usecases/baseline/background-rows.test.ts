import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Manifest } from '../../../core/manifest/manifest.ts';
import type { Signature } from '../../../core/model/signature.ts';
import { Baseline } from '../../../core/profile/profile.ts';
import { buildBaseline } from '../../../usecases/baseline/build-baseline.ts';
import { rehearsalRows } from '../../../usecases/rehearsal/rehearsal-rows.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const folder = temporaryFolder('background-rows');
const IDS = [1n, 2n, 3n, 4n, 5n].map((step) => 2n ** 53n + step).concat(-(2n ** 63n), 7n);

/** Without a decision nothing is asked of the model. */
const notRun = () => Promise.reject(new Error('the model was opened'));

describe('rows of the reference that a baseline keeps', () => {
  it('have what 64 unsigned bits hold, which are not missing', async () => {
    const dataFile = path.join(folder, 'unsigned.csv');
    const largest = 2n ** 64n - 1n;
    writeFileSync(dataFile, `u\n${largest}\n${largest - 1n}\n5\n`);
    const manifest = Manifest.parse({ name: 'm', contract: { features: [{ name: 'u', type: 'integer' }] } });
    const signature: Signature = {
      inputs: [{ name: 'u', type: 'uint64', shape: [-1, 1] }],
      outputs: [{ name: 'p', type: 'float32', shape: [-1, 1] }],
    };
    const built = await buildBaseline({ dataFile, open: notRun, manifest, signature, now: new Date(0) });
    expect(built.profile.columns.u!.missing).toBe(0);
    expect(new Set(built.background!.rows.flat())).toEqual(new Set([String(largest), String(largest - 1n), 5]));
  });

  it.each(['csv', 'jsonl'])('have integers with every digit that they are written with, of .%s', async (ending) => {
    const dataFile = path.join(folder, `ids.${ending}`);
    const lines = ending === 'csv' ? ['id', ...IDS] : IDS.map((id) => `{"id":${id}}`);
    writeFileSync(dataFile, `${lines.join('\n')}\n`);
    const manifest = Manifest.parse({ name: 'm', contract: { features: [{ name: 'id', type: 'integer' }] } });
    const signature: Signature = {
      inputs: [{ name: 'id', type: 'int64', shape: [-1, 1] }],
      outputs: [{ name: 'p', type: 'float32', shape: [-1, 1] }],
    };
    const built = await buildBaseline({ dataFile, open: notRun, manifest, signature, now: new Date(0) });
    const baseline = Baseline.parse(JSON.parse(JSON.stringify(built)));
    const expected = new Set(IDS.map((id) => (id === 7n ? 7 : id)));
    for (const more of [{}, { dataFile }]) {
      const rehearsed = await rehearsalRows({ folder, manifest, signature, baseline, ...more });
      expect(new Set(rehearsed!.rows.map(({ id }) => id))).toEqual(expected);
    }
  });
});
