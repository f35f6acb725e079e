import type { Price } from './prices.ts';

/** One line of the arithmetic: quantity × price = amount. */
export interface Line {
  readonly what: string;
  readonly quantity: number;
  readonly price: Price;
  /** USD. */
  readonly amount: number;
  /** Where the quantity comes from. */
  readonly because: string;
}

/** Lines that belong together. */
export interface Group {
  readonly title: string;
  readonly lines: readonly Line[];
  /** USD. */
  readonly total: number;
}

export const line = (what: string, quantity: number, price: Price, because: string): Line => ({
  what,
  quantity,
  price,
  amount: (quantity * price.usd) / price.per,
  because,
});

/** Lines of nothing are left out. */
export function group(title: string, lines: readonly Line[]): Group {
  const kept = lines.filter(({ quantity }) => quantity > 0);
  return { title, lines: kept, total: kept.reduce((sum, { amount }) => sum + amount, 0) };
}
