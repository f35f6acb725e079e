import type { Group, Line, Price } from './cost-view.ts';

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
