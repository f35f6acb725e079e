import { expect, it } from 'vitest';
import { Baseline } from '../../../core/profile/profile.ts';
import type { Artifact, ModelVersion } from '../../../core/registry/version.ts';
import { digestOf } from '../../../platform/digest.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { definitionsOf } from '../../../usecases/release/alarm-definitions.ts';
import { versionRecord } from '../../platform/contract/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

it('gives a version that was worse from the beginning no alarm that goes off later', async () => {
  const home = await openLocalHome(temporaryFolder('alarm-definitions'));
  const versionOf = async (number: number, errorRate: number): Promise<ModelVersion> => {
    const record = versionRecord('m', number);
    const manifest = {
      ...record.manifest,
      decision: { task: 'binary', output: 'y', column: 0, threshold: 0.5 } as const,
    };
    return { ...record, manifest, baseline: await keep(errorRate) };
  };
  const keep = async (errorRate: number): Promise<Artifact> => {
    const body = JSON.stringify(
      Baseline.parse({
        format: 1,
        createdAt: '2026-01-01T00:00:00.000Z',
        source: '0'.repeat(64),
        profile: { rows: 100, columns: {} },
        chunks: [],
        performance: { rows: 100, errorRate },
      }),
    );
    const digest = digestOf(body);
    const key = `baselines/${digest}.json`;
    await home.artifacts.put(key, body);
    return { key, digest, bytes: body.length };
  };
  const [good, bad] = [await versionOf(1, 0.1), await versionOf(2, 0.3)];
  const threshold = async (...[version, ...former]: ModelVersion[]): Promise<number | undefined> =>
    (await definitionsOf(home, version, undefined, former)).definitions.find(
      ({ metric }) => metric === 'PredictionError',
    )?.threshold;
  expect(await threshold(good)).toBeCloseTo(0.2);
  expect(await threshold(bad, good)).toBeCloseTo(0.2);
  expect(await threshold(good, bad)).toBeCloseTo(0.2);
  await home.close();
});
