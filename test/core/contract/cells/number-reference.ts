/** What the text of a double is to be, by the language that this is written in; null where it is missing. */
export function textOfDouble(x: number): string | null {
  if (Number.isNaN(x)) return null;
  if (Object.is(x, -0)) return '-0';
  return Number.isInteger(x) && Math.abs(x) < 2 ** 128 ? String(BigInt(x)) : String(x);
}

/** The same of a single float: of one with a fraction, of the shortest decimal that reads back to it. */
export function textOfSingle(x: number): string | null {
  if (!Number.isFinite(x) || Number.isInteger(x)) return textOfDouble(x);
  for (let digits = 1; ; digits++) {
    const decimal = Number(x.toPrecision(digits));
    if (Math.fround(decimal) === x) return textOfDouble(decimal);
  }
}
