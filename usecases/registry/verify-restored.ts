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
  const { faults, entries, anchored } = await verifyLedger(past, model);
  // What is kept beside a ledger vouches for it. Where it knows no entry of a model, they are those of another home.
  if (anchored === 0)
    return {
      model,
      entries,
      later: 0,
      faults: [
        ...faults,
        { entry: 1, fault: 'no entry of this model has an anchor in this home: it is the ledger of another' },
      ],
    };
  const last = (await past.ledger.latest(model))?.number ?? 0;
  const later = new Set(faults.map(({ entry }) => entry).filter((entry) => entry > last));
  return { model, entries, later: later.size, faults: faults.filter(({ entry }) => entry <= last) };
}
