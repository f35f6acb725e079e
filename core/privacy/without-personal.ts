import type { Contract } from '../contract/contract.ts';
import { isPersonal, personalColumns } from '../contract/personal.ts';
import type { Baseline } from '../profile/profile.ts';

/**
 * A baseline without the personal columns of a contract: categories are values that people had, and so are the least,
 * the greatest and the quantiles of numbers. Rows are left out altogether where anything is personal: what remains of
 * them could still tell whose they are. The same baseline when it has none of either.
 */
export function withoutPersonal(baseline: Baseline, contract: Contract): Baseline {
  const hidden = new Set(personalColumns(contract));
  const { columns } = baseline.profile;
  const rows = baseline.background !== undefined && isPersonal(contract);
  if (!rows && !Object.keys(columns).some((name) => hidden.has(name))) return baseline;
  const seen = <T>(record: Record<string, T>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !hidden.has(name)));
  const { background, ...rest } = baseline;
  return {
    ...rest,
    ...(background && !rows ? { background } : {}),
    profile: { ...baseline.profile, columns: seen(columns) },
    chunks: baseline.chunks.map((chunk) => ({ ...chunk, counts: seen(chunk.counts) })),
    ...(baseline.outliers && { outliers: { ...baseline.outliers, ranks: seen(baseline.outliers.ranks) } }),
  };
}
