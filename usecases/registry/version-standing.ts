import * as z from 'zod';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import { championShare } from '../../core/serving/route.ts';
import type { Variant } from '../../core/serving/variant.ts';

/** What became of a version so far. */
export const VersionStanding = z.strictObject({
  is: z
    .enum(['champion', 'challenger', 'shadow', 'quarantined', 'rejected', 'approved', 'registered'])
    .describe('The first of these that holds; registered: nobody has approved or rejected it.'),
  weight: z.number().min(0).max(1).describe('Its share of the traffic.'),
  approved: z.boolean().describe('Whether it may be released.'),
  reason: z.string().nullable().describe('Of a quarantined one why; null of others.'),
});
export type VersionStanding = z.infer<typeof VersionStanding>;

export function versionStanding(state: ReleaseState, version: number): VersionStanding {
  const part = partOf(state, version);
  const approved = state.approved.includes(version);
  const barred = state.quarantined.find((each) => each.version === version);
  const common = { weight: part?.weight ?? 0, approved, reason: barred?.reason ?? null };
  if (part !== undefined) return { is: part.role, ...common };
  if (barred !== undefined) return { is: 'quarantined', ...common };
  if (state.rejected.includes(version)) return { is: 'rejected', ...common };
  return { is: approved ? 'approved' : 'registered', ...common };
}

/** Role and share of the traffic of a version in a state. */
export function partOf(
  state: ReleaseState,
  version: number,
): { readonly role: Variant; readonly weight: number } | undefined {
  if (state.champion === version) return { role: 'champion', weight: championShare(state.challengers) };
  const challenger = state.challengers.find((each) => each.version === version);
  if (challenger) return { role: 'challenger', weight: challenger.weight };
  return state.shadow?.version === version ? { role: 'shadow', weight: 0 } : undefined;
}
