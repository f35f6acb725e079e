import type { Home } from '../../platform/ports.ts';
import type { RestoredModel } from './restore-view.ts';
import { verifyLedger } from './verify-ledger.ts';

/**
 * Looks whether a ledger of the past is as it was written. What is kept beside the ledger of today knows of entries that
 * came later: those are no faults of it.
 *
 * @param past its ledger, with the artifacts of today
 */
export async function verifyRestored(
  past: Pick<Home, 'ledger' | 'artifacts'>,
  model: string,
): Promise<Omit<RestoredModel, 'live'>> {
  const { faults, entries } = await verifyLedger(past, model);
  const last = (await past.ledger.latest(model))?.number ?? 0;
  const later = new Set(faults.map(({ entry }) => entry).filter((entry) => entry > last));
  return { model, entries, later: later.size, faults: faults.filter(({ entry }) => entry <= last) };
}
