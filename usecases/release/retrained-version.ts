import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';

/**
 * The newest version that was registered since retraining was asked for; undefined where none was, or nobody asks.
 */
export async function retrainedVersion(
  { ledger }: Pick<Home, 'ledger'>,
  model: string,
  { retraining, latest }: Pick<ReleaseState, 'retraining' | 'latest'>,
): Promise<number | undefined> {
  if (retraining === null) return undefined;
  const record = await ledger.version(model, latest);
  return record !== undefined && record.registeredAt >= retraining ? latest : undefined;
}
