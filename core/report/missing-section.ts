import type { MissingOverTime } from '../profile/summary.ts';
import { chartGrid } from './chart-grid.ts';
import type { PageSection } from './page.ts';
import { countText, escapeHtml, percentText, showText } from './text.ts';

const WIDTH = 320;
const BARS = 60;
const SHOWN_CHARTS = 12;

/** Shares of missing values over time, of each column that misses some. */
export function missingSection({ column, unit, periods, missing }: MissingOverTime): PageSection {
  const figure = ([name, counts]: [string, number[]]): string => {
    const shares = counts.map((count, i) => count / Math.max(1, periods[i]!.rows));
    const worst = shares.indexOf(Math.max(...shares));
    const slot = WIDTH / Math.max(1, periods.length);
    const shapes = shares.map((share, i) => {
      const height = share === 0 ? 0 : Math.max(1, share * BARS);
      return `<rect x="${(i * slot + slot * 0.07).toFixed(1)}" y="${(BARS + 2 - height).toFixed(1)}" width="${(slot * 0.86).toFixed(1)}" height="${height.toFixed(1)}" fill="var(--cur)"><title>${periodText(periods[i]!.from, unit)}: ${percentText(share)} of ${countText(periods[i]!.rows)}</title></rect>`;
    });
    const end = (x: number, anchor: string, i: number): string =>
      `<text x="${x}" y="${BARS + 14}" text-anchor="${anchor}" font-size="9.5" fill="var(--soft)">${periodText(periods[i]!.from, unit)}</text>`;
    const note = `at most ${percentText(shares[worst]!)}, ${unit} of ${periodText(periods[worst]!.from, unit)}`;
    const labels = end(0, 'start', 0) + (periods.length > 1 ? end(WIDTH, 'end', periods.length - 1) : '');
    return `<figure><figcaption><b>${escapeHtml(showText(name))}</b><span>${note}</span></figcaption><svg viewBox="0 0 ${WIDTH} ${BARS + 20}" role="img" aria-label="Share of missing values by ${unit}; ${note}"><line x1="0" x2="${WIDTH}" y1="${BARS + 2.5}" y2="${BARS + 2.5}" stroke="var(--line)"/><line x1="0" x2="${WIDTH}" y1="2.5" y2="2.5" stroke="var(--line)" stroke-dasharray="3 4"/>${shapes.join('')}${labels}</svg></figure>`;
  };
  return {
    title: 'Missing over time',
    html:
      `<p class="note">Share of missing values by ${unit} of ${escapeHtml(showText(column))} (UTC); the dashed line is all.</p>` +
      chartGrid(Object.entries(missing), figure, SHOWN_CHARTS),
  };
}

/** A period by its begin. */
function periodText(from: string, unit: MissingOverTime['unit']): string {
  const length = { hour: 16, day: 10, week: 10, month: 7, year: 4 }[unit];
  return from.slice(0, length).replace('T', ' ');
}
