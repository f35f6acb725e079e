import type { ReleaseState } from '../../core/registry/ledger.ts';
import { championShare } from '../../core/serving/route.ts';

type Split = Pick<ReleaseState, 'champion'> & {
  readonly challengers: readonly { readonly version: number; readonly weight: number }[];
};

/** Who answers, in a sentence: `version 1 has 70 %, version 2 20 %, version 3 10 % of the traffic`. */
export function trafficText({ champion, challengers }: Split, has: 'has' | 'had' = 'has'): string {
  if (champion === null) return has === 'has' ? 'nothing is released' : 'nothing was released';
  if (challengers.length === 0) return `version ${champion} ${has} all the traffic`;
  const others = challengers.map(({ version, weight }) => `, version ${version} ${formatPercent(weight)}`).join('');
  return `version ${champion} ${has} ${formatPercent(championShare(challengers))}${others} of the traffic`;
}

/** A share as people write it; tenths only where they say something. */
export const formatPercent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;
