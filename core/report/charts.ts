import { countsOf, labelsOf } from '../profile/bins.ts';
import type { CategoricalProfile, ColumnProfile, NumericProfile } from '../profile/profile.ts';
import type { ColumnSummary } from '../profile/summary.ts';
import { countText, escapeHtml, numberText, percentText, showText } from './text.ts';

const WIDTH = 320;
/** Height of the bars. */
const BARS = 78;
/** Below the bars: the line of labels, with room for what hangs below it. */
const LABELS = 16;
/** Categories that a chart shows. */
const MAX_CATEGORIES = 8;
const ROW = 17;

/** Explains the two colours of {@link distributionChart}. */
export const chartKey = (reference: string, current: string): string =>
  `<p class="key"><span><i style="background:var(--ref)"></i>${escapeHtml(reference)}</span><span><i style="background:var(--cur)"></i>${escapeHtml(current)}</span></p>`;

export interface ChartOptions {
  readonly title: string;
  readonly note: string;
  /** Draw attention to it. */
  readonly hot?: boolean;
  /** Of the current values. */
  readonly summary?: ColumnSummary | undefined;
}

/** How a column is distributed, the reference's shares beside the current ones; a bar's value is in its tooltip. */
export function distributionChart(
  reference: ColumnProfile | undefined,
  current: ColumnProfile,
  { title, note, hot = false, summary }: ChartOptions,
): string {
  const histogram = summary?.histogram ?? null;
  const parts: string[] = [];
  if (current.kind === 'categorical' && histogram === null)
    parts.push(categoryBars(reference?.kind === 'categorical' ? reference : undefined, current, summary));
  if (current.kind === 'numeric') {
    if (histogram !== null) parts.push(`<p class="cap">by ${binsText(reference, current)}</p>`);
    // Its own deciles hold a tenth each.
    if (reference || histogram === null || current.edges.length !== DECILES)
      parts.push(binBars(reference?.kind === 'numeric' ? reference : undefined, current));
  }
  if (histogram !== null) parts.push('<p class="cap">over equal widths</p>', histogramBars(histogram, current));
  return `<figure${hot ? ' class="hot"' : ''}><figcaption><b>${escapeHtml(showText(title))}</b><span>${escapeHtml(note)}</span></figcaption>${parts.join('')}</figure>`;
}

/** Edges between ten bins. */
const DECILES = 9;

function binsText(reference: ColumnProfile | undefined, { edges }: NumericProfile): string {
  if (reference) return 'bins of the baseline';
  if (edges.length !== DECILES) return 'value';
  return `quantiles: a tenth is below ${numberText(edges[0]!)}, half below ${numberText(edges[4]!)}, a tenth from ${numberText(edges[8]!)}`;
}

interface Bar {
  readonly label: string;
  /** Absent where there is nothing to compare with. */
  readonly reference?: number | undefined;
  readonly current: number;
}

/** Bars beside each other, the first and the last of them labelled. */
function bars(drawn: readonly Bar[], about: string, ends: readonly [string, string]): string {
  const top = Math.max(1e-9, ...drawn.map((bar) => Math.max(bar.current, bar.reference ?? 0)));
  const slot = WIDTH / Math.max(1, drawn.length);
  const both = drawn.some(({ reference }) => reference !== undefined);
  const width = slot * (both ? 0.4 : 0.86);
  const rect = (x: number, share: number, colour: string, label: string): string => {
    const height = share === 0 ? 0 : Math.max(1, (share / top) * BARS);
    return `<rect x="${x.toFixed(1)}" y="${(BARS + 2 - height).toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" fill="var(--${colour})"><title>${label}: ${percentText(share)}</title></rect>`;
  };
  const shapes = drawn.map(({ label, reference, current }, i) => {
    const x = i * slot + slot * 0.07;
    const name = escapeHtml(label);
    if (reference === undefined) return rect(x, current, 'cur', name);
    return rect(x, reference, 'ref', `${name}, baseline`) + rect(x + width + slot * 0.04, current, 'cur', name);
  });
  const text = (x: number, anchor: string, label: string): string =>
    `<text x="${x}" y="${BARS + LABELS - 2}" text-anchor="${anchor}" font-size="9.5" fill="var(--soft)">${escapeHtml(label)}</text>`;
  return `<svg viewBox="0 0 ${WIDTH} ${BARS + LABELS + 4}" role="img" aria-label="${escapeHtml(about)}"><line x1="0" x2="${WIDTH}" y1="${BARS + 2.5}" y2="${BARS + 2.5}" stroke="var(--line)"/>${shapes.join('')}${text(0, 'start', ends[0])}${text(WIDTH, 'end', ends[1])}</svg>`;
}

function binBars(reference: NumericProfile | undefined, current: NumericProfile): string {
  const [now, before] = [sharesOf(current), reference && sharesOf(reference)];
  const comparable = before?.length === now.length ? before : undefined;
  const all = labelsOf(current).map((label, i): Bar => ({ label, current: now[i]!, reference: comparable?.[i] }));
  // A bar of missing values only where some are missing.
  const drawn = all.filter((bar, i) => i < all.length - 1 || bar.current > 0 || (bar.reference ?? 0) > 0);
  const largest = drawn.toSorted((a, b) => b.current - a.current)[0];
  const about = `Shares by bin; the largest is ${largest?.label ?? 'none'} with ${percentText(largest?.current ?? 0)}`;
  return bars(drawn, about, [drawn[0]?.label ?? '', drawn.length > 1 ? drawn.at(-1)!.label : '']);
}

function histogramBars({ edges, counts }: NonNullable<ColumnSummary['histogram']>, column: ColumnProfile): string {
  // Bins of whole numbers end beyond the greatest of them.
  const last = column.kind === 'numeric' && column.max !== null ? column.max : edges.at(-1)!;
  const total = Math.max(
    1,
    counts.reduce((sum, n) => sum + n, 0),
  );
  const drawn = counts.map(
    (n, i): Bar => ({ label: `${numberText(edges[i]!)} – ${numberText(edges[i + 1]!)}`, current: n / total }),
  );
  const most = counts.indexOf(Math.max(...counts));
  const about = `Shares over ${counts.length} equal widths; the largest is ${drawn[most]?.label ?? 'none'}`;
  return bars(drawn, about, [numberText(edges[0]!), last === edges[0] ? '' : numberText(last)]);
}

/** Categories below each other by their own names: those of the reference, and those that only the current rows have. */
function categoryBars(
  reference: CategoricalProfile | undefined,
  current: CategoricalProfile,
  summary: ColumnSummary | undefined,
): string {
  const shareIn = (column: CategoricalProfile, category: string): number => {
    const i = column.categories.indexOf(category);
    return i === -1 ? 0 : column.counts[i]! / Math.max(1, column.rows);
  };
  const counted = new Map(summary?.top.map(({ value, count }) => [value, count / Math.max(1, current.rows)]));
  const names = new Set([...current.categories, ...(reference?.categories ?? []), ...counted.keys()]);
  const all = [...names].map(
    (name): Bar => ({
      label: name,
      current: counted.get(name) ?? shareIn(current, name),
      reference: reference && shareIn(reference, name),
    }),
  );
  const size = (bar: Bar): number => Math.max(bar.current, bar.reference ?? 0);
  const present = all.filter((bar) => size(bar) > 0).toSorted((a, b) => size(b) - size(a));
  const drawn = present.length > MAX_CATEGORIES + 1 ? present.slice(0, MAX_CATEGORIES) : present;
  const rest = (column: CategoricalProfile, shares: readonly number[]): number => {
    const shown = shares.reduce((sum, share) => sum + share, 0);
    return Math.max(0, (column.rows - column.missing) / Math.max(1, column.rows) - shown);
  };
  const others: Bar = {
    label: 'all others',
    current: rest(
      current,
      drawn.map((bar) => bar.current),
    ),
    reference:
      reference &&
      rest(
        reference,
        drawn.map((bar) => bar.reference ?? 0),
      ),
  };
  const missing: Bar = {
    label: 'missing',
    current: current.missing / Math.max(1, current.rows),
    reference: reference && reference.missing / Math.max(1, reference.rows),
  };
  const extra = [others, missing].filter((bar) => size(bar) > 1e-9);
  return rows([...drawn, ...extra], drawn.length);
}

/** Bars below each other, each with its name; those from `own` on are no values of the column. */
function rows(drawn: readonly Bar[], own: number): string {
  const left = 108;
  const room = WIDTH - left - 44;
  const top = Math.max(1e-9, ...drawn.map((bar) => Math.max(bar.current, bar.reference ?? 0)));
  const shapes = drawn.map(({ label, current, reference }, i) => {
    const y = i * ROW;
    const name = i < own ? showText(label, 18) : label;
    const rect = (offset: number, height: number, share: number, colour: string): string =>
      `<rect x="${left}" y="${(y + offset).toFixed(1)}" width="${((share / top) * room).toFixed(1)}" height="${height}" fill="var(--${colour})"/>`;
    const drawnBars =
      reference === undefined
        ? rect(3, 10, current, 'cur')
        : rect(2, 6, reference, 'ref') + rect(8.5, 6, current, 'cur');
    const was = reference === undefined ? '' : `, baseline ${percentText(reference)}`;
    return `<g><title>${escapeHtml(showText(label))}: ${percentText(current)}${was}</title><text x="${left - 6}" y="${y + 12}" text-anchor="end"${i < own ? '' : ' font-style="italic" fill="var(--soft)"'}>${escapeHtml(name)}</text>${drawnBars}<text x="${WIDTH}" y="${y + 12}" text-anchor="end" fill="var(--soft)">${percentText(current)}</text></g>`;
  });
  const about = drawn
    .slice(0, MAX_CATEGORIES)
    .map(({ label, current }) => `${showText(label, 40)} ${percentText(current)}`)
    .join(', ');
  return `<svg viewBox="0 0 ${WIDTH} ${Math.max(1, drawn.length) * ROW + 3}" role="img" aria-label="${escapeHtml(about || 'no values')}" font-size="10.5" fill="var(--ink)">${shapes.join('')}</svg>`;
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
    // What is there is seen.
    const width = total === 0 || count === 0 ? 0 : Math.max(3, (count / total) * 1000);
    const at = Math.min(x, 1000 - width);
    const shape = `<rect x="${at.toFixed(1)}" y="0" width="${width.toFixed(1)}" height="20" fill="var(--${colour})"><title>${escapeHtml(label)}: ${countText(count)}</title></rect>`;
    x += width;
    return shape;
  });
  const about = parts.map(({ label, count }) => `${label} ${countText(count)}`).join(', ');
  return `<svg viewBox="0 0 1000 20" style="border-radius:4px;margin:14px 0" role="img" aria-label="${escapeHtml(about)}">${shapes.join('')}</svg>`;
}
