/**
 * A float32 as a short decimal that reads back to it: 0.9 rather than 0.8999999761581421, 39.02 rather than
 * 39.02000045776367. Not always the shortest of all.
 */
export function shortest(value: number): number {
  if (Number.isInteger(value)) return value;
  for (let scale = 100; scale <= 1e10; scale *= 100) {
    const rounded = Math.round(value * scale) / scale;
    if (Math.fround(rounded) === value) return rounded;
  }
  for (let digits = 6; digits <= 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
}
