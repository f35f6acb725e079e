/** How far ranges are widened beyond what was seen, as a share of the spread. */
const MARGIN = 0.2;

/** A range, inclusive. */
export interface Widened {
  readonly min: number;
  readonly max: number;
}

/**
 * A range a fifth wider than the spread that was seen, at either end, in round numbers of that spread: 1.7000e9 to
 * 1.7005e9 were half a million apart, and become 1.6999e9 to 1.7006e9. What was never negative stays so.
 */
export function widened(least: number, most: number): Widened {
  const spread = most - least;
  return between(least, most, { margin: spread * MARGIN, unit: unitOf(spread) });
}

/** The same of whole numbers, in whole steps and by one at least. */
export function widenedWhole(least: number, most: number): Widened {
  const spread = most - least;
  return between(least, most, { margin: Math.max(1, spread * MARGIN), unit: Math.max(1, unitOf(spread)) });
}

/** A hundredth to a tenth of the spread, a power of ten. */
const unitOf = (spread: number): number => (spread > 0 ? 10 ** (Math.floor(Math.log10(spread)) - 1) : 0);

/** The same of integers that doubles do not tell apart. */
export function widenedExact(least: bigint, most: bigint): { readonly min: bigint; readonly max: bigint } {
  const spread = most - least;
  const margin = spread / 5n > 1n ? spread / 5n : 1n;
  const digits = String(spread).length;
  const unit = digits > 2 ? 10n ** BigInt(digits - 2) : 1n;
  const [low, high] = [least - margin, most + margin];
  const down = low - (((low % unit) + unit) % unit);
  const up = high + (unit - (((high % unit) + unit) % unit)) * (high % unit === 0n ? 0n : 1n);
  return { min: least >= 0n && down < 0n ? 0n : down, max: most <= 0n && up > 0n ? 0n : up };
}

function between(
  least: number,
  most: number,
  { margin, unit }: { readonly margin: number; readonly unit: number },
): Widened {
  const min = rounded(least - margin, unit, Math.floor);
  const max = rounded(most + margin, unit, Math.ceil);
  return { min: least >= 0 ? Math.max(0, min) : min, max: most <= 0 ? Math.min(0, max) : max };
}

/** To a multiple of the unit, where doubles tell the multiples apart. */
function rounded(x: number, unit: number, to: (x: number) => number): number {
  const units = x / unit;
  if (unit === 0 || !Number.isFinite(units) || Math.abs(units) > 1e14) return x;
  // A power of ten below one is no exact double: dividing by its inverse, which is, gives the decimal itself.
  return (unit < 1 ? to(units) / Math.round(1 / unit) : to(units) * unit) + 0;
}
