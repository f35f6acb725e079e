/** A double times a power of ten up to here is exact where the double is a float32. */
const MOST_EXACT = 1e10;

/**
 * A float32 as the shortest decimal that reads back to it, of several the nearest, of two as near the one that ends even,
 * as numpy writes it, and ECMAScript a double: 0.9 rather than 0.8999999761581421, 270780.12 of 270780.125. A whole number
 * is itself.
 */
export function shortest(value: number): number {
  if (Number.isInteger(value)) return value;
  for (let scale = 10; scale <= MOST_EXACT; scale *= 10) {
    const rounded = toEven(value * scale) / scale;
    if (Math.fround(rounded) === value) return rounded;
  }
  return shortestOf(value, 9, (decimal) => Math.fround(decimal) === value);
}

/** Rounds to the nearest whole number, of two as near to the even one. */
export function toEven(x: number): number {
  const whole = Math.floor(x);
  const rest = x - whole;
  return whole + (rest > 0.5 || (rest === 0.5 && whole % 2 !== 0) ? 1 : 0);
}

/**
 * The shortest decimal that reads back to a value, of several the nearest, of two as near the one that ends even.
 *
 * @param most digits that are enough for every value of the type
 * @param isRead whether a decimal reads back to the value
 */
export function shortestOf(value: number, most: number, isRead: (decimal: number) => boolean): number {
  for (let digits = 1; digits <= most; digits++) {
    const found = beside(value, digits).find(isRead);
    if (found !== undefined) return found;
  }
  return value;
}

/** More digits than there are behind a tie. */
const ALL_DIGITS = 60;

/**
 * The decimals of so many digits on either side of a value, the nearer one first, of two as near the one that ends even.
 * At a power of two the one further away may read back where the nearer does not: below it values are closer together.
 */
function beside(value: number, digits: number): [number, number] {
  const [mantissa = '', exponent = ''] = Math.abs(value)
    .toExponential(digits - 1)
    .split('e');
  const sign = value < 0 ? '-' : '';
  const whole = Number(mantissa.replace('.', ''));
  const decimal = (of: number): number => Number(`${sign}${of}e${Number(exponent) - digits + 1}`);
  const other = Math.abs(decimal(whole)) > Math.abs(value) ? whole - 1 : whole + 1;
  // Of two as near, the one further from zero is taken there.
  const all = Math.abs(value).toExponential(ALL_DIGITS).split('e')[0]!.replace('.', '');
  const tied = whole % 2 === 1 && all[digits] === '5' && /^0*$/.test(all.slice(digits + 1));
  return tied ? [decimal(other), decimal(whole)] : [decimal(whole), decimal(other)];
}
