import { datasetFolder, VERSION_FILES, versionKey, versionOfKey } from '../../core/datasets/dataset-key.ts';
import type { Home } from '../../platform/ports.ts';

/** Minutes after which rows that no manifest has made count are those of a command that was killed. */
const DEAD_MINUTES = 30;

/**
 * Clears the rows of versions that never came to count, because whoever made them was killed: who reads all files under
 * `datasets/` would have those rows twice. The number stays claimed, so that the work can be done again under it.
 *
 * What may still be finished must have been: call it after returns were settled.
 */
export async function clearDeadVersions(home: Home, dataset: string): Promise<number[]> {
  const stored = new Map<number, Date>();
  const counting = new Set<number>();
  for await (const { key, modifiedAt } of home.data.list(datasetFolder(dataset))) {
    const of = versionOfKey(key);
    if (of?.file === VERSION_FILES.rows) stored.set(of.version, modifiedAt);
    if (of?.file === VERSION_FILES.manifest) counting.add(of.version);
  }
  const before = home.clock.now().getTime() - DEAD_MINUTES * 60_000;
  const dead = [...stored].filter(([version, at]) => !counting.has(version) && at.getTime() < before);
  for (const [version] of dead) {
    // It may have come to count since it was listed.
    if (await home.data.head(versionKey(dataset, version, 'manifest'))) continue;
    await clearVersion(home, dataset, version);
  }
  return dead.map(([version]) => version);
}

/** Takes away the rows of a version that does not count; last the file that tells that there are any. */
export async function clearVersion(home: Home, dataset: string, version: number): Promise<void> {
  for (const file of ['profile', 'summary', 'rows'] as const)
    await home.data.delete(versionKey(dataset, version, file));
}
