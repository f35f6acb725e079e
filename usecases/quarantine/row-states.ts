import type { RowsReturn } from './returns.ts';

/** How many quarantined rows of a drop are in which state. */
export function countStates(
  quarantined: number,
  returns: readonly Pick<RowsReturn, 'as' | 'rows'>[],
): { open: number; putBack: number; accepted: number } {
  const sum = (as: RowsReturn['as']): number =>
    returns.reduce((rows, made) => rows + (made.as === as ? made.rows : 0), 0);
  const [putBack, accepted] = [sum('put-back'), sum('accepted')];
  return { open: Math.max(0, quarantined - putBack - accepted), putBack, accepted };
}
