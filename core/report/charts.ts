import { countsOf, labelsOf } from '../profile/bins.ts';
import type { ColumnProfile } from '../profile/profile.ts';
import { escapeHtml } from './page.ts';

const WIDTH = 320;
const HEIGHT = 96;
/** Bars at most; of more categories the ones with the largest shares are drawn. */
const MAX_BARS = 14;

/** Explains the two colours of {@link distributionChart}. */
export const chartKey = (reference: string, current: string): string =>
  `<p class="key"><i style="background:var(--ref)"></i>${escapeHtml(reference)}<i style="background:var(--cur)"></i>${escapeHtml(current)}</p>`;

export interface ChartOptions {
  readonly title: string;
  readonly note: string;
  /** Draw attention to it. */
  readonly hot?: boolean;
}

/** Shares of a column's bins as bars, the reference's beside the current ones; a bar's value is in its tooltip. */
export function distributionChart(
  reference: ColumnProfile | undefined,
  current: ColumnProfile,
  { title, note, hot = false }: ChartOptions,
): string {
  const labels = labelsOf(current);
  const cur = sharesOf(current);
  const ref = reference && labelsOf(reference).length === labels.length ? sharesOf(reference) : undefined;
  const drawn = labels
    .map((label, i) => ({ label, current: cur[i]!, reference: ref?.[i] ?? 0 }))
    .filter((bar) => bar.current > 0 || bar.reference > 0);
  const bars =
    drawn.length <= MAX_BARS
      ? drawn
      : drawn
          .toSorted((a, b) => Math.max(b.current, b.reference) - Math.max(a.current, a.reference))
          .slice(0, MAX_BARS);
  const top = Math.max(1e-9, ...bars.map((bar) => Math.max(bar.current, bar.reference)));
  const slot = WIDTH / Math.max(1, bars.length);
  const width = slot * (ref ? 0.4 : 0.8);
  const rect = (x: number, share: number, colour: string, label: string): string => {
    const h = (share / top) * (HEIGHT - 18);
    return `<rect x="${x.toFixed(1)}" y="${(HEIGHT - 14 - h).toFixed(1)}" width="${width.toFixed(1)}" height="${h.toFixed(1)}" rx="1" fill="var(--${colour})"><title>${escapeHtml(label)}: ${(100 * share).toFixed(1)} %</title></rect>`;
  };
  const shapes = bars.map((bar, i) => {
    const x = i * slot + slot * 0.08;
    return (
      (ref ? rect(x, bar.reference, 'ref', bar.label) : '') +
      rect(ref ? x + width + 1 : x, bar.current, 'cur', bar.label)
    );
  });
  const text = (x: number, anchor: string, label: string): string =>
    `<text x="${x}" y="${HEIGHT - 2}" text-anchor="${anchor}" font-size="9.5" fill="var(--soft)">${escapeHtml(label.slice(0, 22))}</text>`;
  const ends = bars.length > 0 ? text(0, 'start', bars[0]!.label) + text(WIDTH, 'end', bars.at(-1)!.label) : '';
  return `<figure${hot ? ' class="hot"' : ''}><figcaption><b>${escapeHtml(title)}</b><span>${escapeHtml(note)}</span></figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">${shapes.join('')}${ends}</svg></figure>`;
}

function sharesOf(column: ColumnProfile): number[] {
  const counts = countsOf(column);
  const total = counts.reduce((a, b) => a + b, 0);
  return counts.map((count) => (total === 0 ? 0 : count / total));
}

/** A bar divided into parts, such as accepted and quarantined rows. */
export function shareBar(
  parts: readonly { readonly label: string; readonly count: number; readonly colour: string }[],
): string {
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  let x = 0;
  const shapes = parts.map(({ label, count, colour }) => {
    const width = total === 0 ? 0 : (count / total) * 1000;
    const shape = `<rect x="${x.toFixed(1)}" y="0" width="${width.toFixed(1)}" height="20" fill="var(--${colour})"><title>${escapeHtml(label)}: ${count}</title></rect>`;
    x += width;
    return shape;
  });
  return `<svg viewBox="0 0 1000 20" style="border-radius:4px;margin-top:14px" role="img" aria-label="rows">${shapes.join('')}</svg>`;
}
