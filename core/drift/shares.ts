/** Two sets of counts cannot be compared. */
export class CountsError extends Error {
  override readonly name = 'CountsError';
}

/**
 * Turns counts of two samples over the same bins into shares that sum to 1. Bins that are empty on both sides are left
 * out.
 *
 * @param smooth whether to add half an observation to every bin of both sides when a bin is empty on one side only, so
 *   that logarithms of ratios stay finite
 * @throws CountsError when the numbers of bins differ or a side is empty
 */
export function shares(
  reference: readonly number[],
  current: readonly number[],
  smooth: boolean,
): [p: number[], q: number[]] {
  if (reference.length !== current.length)
    throw new CountsError(`counts over the same bins are expected, received ${reference.length} and ${current.length}`);
  const used = [...reference.keys()].filter((i) => reference[i]! > 0 || current[i]! > 0);
  const add = smooth && used.some((i) => reference[i] === 0 || current[i] === 0) ? 0.5 : 0;
  const side = (counts: readonly number[]): number[] => {
    const total = used.reduce((sum, i) => sum + counts[i]! + add, 0);
    if (total === 0 || used.every((i) => counts[i] === 0)) throw new CountsError('a sample without rows has no shares');
    return used.map((i) => (counts[i]! + add) / total);
  };
  return [side(reference), side(current)];
}
