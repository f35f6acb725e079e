import { folded } from './table.ts';
import { countText } from './text.ts';

/** Charts that are drawn at all: a page with one for each of thousands of columns is opened by nobody. */
const MAX_CHARTS = 120;

/** Charts beside each other: the first of them at once, more for those who ask, and of very many no more than can be looked at. */
export function chartGrid<T>(drawn: readonly T[], chart: (each: T) => string, shown = 24): string {
  const figures = drawn.slice(0, MAX_CHARTS).map(chart);
  const grid = (some: readonly string[]): string => `<div class="grid">${some.join('\n')}</div>`;
  const rest = figures.slice(shown);
  const undrawn = drawn.length - figures.length;
  return (
    grid(figures.slice(0, shown)) +
    (rest.length === 0 ? '' : folded(`${countText(rest.length)} more charts`, grid(rest))) +
    (undrawn > 0
      ? `<p class="note">${countText(undrawn)} more columns have no chart here, for there is less that is odd about them.</p>`
      : '')
  );
}
