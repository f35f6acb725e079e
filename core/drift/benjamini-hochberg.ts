/**
 * Benjamini–Hochberg adjusted p-values, in the order given: the smallest false discovery rate at which each would be
 * called. Benjamini & Hochberg, JRSS B 57 (1995) 289-300.
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
