import type { Home } from '../../platform/ports.ts';
import { clearDeadVersions } from '../validation/clear-dead-versions.ts';
import { clearMarks } from '../validation/erasure-marks.ts';
import { settleDataset } from './returns.ts';

/**
 * Finishes what commands that were killed could not, and clears what they left that can no longer be finished. Whoever may
 * not delete leaves it there: without a manifest it is no version.
 */
export async function clearAfterKilled(home: Home, dataset: string): Promise<void> {
  await settleDataset(home, dataset);
  try {
    await clearDeadVersions(home, dataset);
    await clearMarks(home, dataset);
  } catch (error) {
    process.emitWarning(
      `what a killed command left under datasets/${dataset}/ cannot be cleared: ${(error as Error).message}`,
    );
  }
}
