import { detectDrift } from '../../core/drift/verdict.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import type { Baseline } from '../../core/profile/profile.ts';
import { withDuck } from '../../platform/duckdb/connection.ts';
import { profileRelation } from '../../platform/duckdb/profile.ts';
import { loadTable } from '../validation/load-table.ts';
import { profiledColumns } from '../validation/profiled-columns.ts';
import type { FileDriftView } from './drift-view.ts';

/**
 * Detects drift of the features in a data file against a baseline. It needs no home, and does not run the model.
 *
 * @throws FileRejectedError when the file does not have the contract's columns
 */
export async function driftOfFile(
  file: string,
  { contract, monitoring }: Pick<Manifest, 'contract' | 'monitoring'>,
  baseline: Baseline,
): Promise<Omit<FileDriftView, 'report'>> {
  return withDuck(undefined, async (duck) => {
    await loadTable(duck, file, contract);
    // Of the label there is no drift: none of its columns is said to be there.
    const wanted = profiledColumns(contract, []);
    const profile = await profileRelation(duck, 'rows', wanted, baseline.profile);
    return { ...detectDrift(baseline, profile, { alpha: monitoring.drift.alpha }), profile };
  });
}
