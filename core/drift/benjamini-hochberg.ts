/**
 * Adjusts p-values for the number of tests after Benjamini & Hochberg, JRSS B 57 (1995) 289-300: an adjusted p-value is
 * the smallest false discovery rate at which its test is significant.
 *
 * @returns the adjusted p-values in the order of `p`
 */
export function benjaminiHochberg(p: readonly number[]): number[] {
  const order = [...p.keys()].sort((a, b) => p[b]! - p[a]!);
  const adjusted = new Array<number>(p.length);
  let smallest = 1;
  order.forEach((i, k) => {
    smallest = Math.min(smallest, (p[i]! * p.length) / (p.length - k));
    adjusted[i] = smallest;
  });
  return adjusted;
}
