import { countText, escapeHtml, showText } from './text.ts';

export interface PageColumn {
  readonly title: string;
  readonly align?: 'right';
  /** Takes a good part of the width. */
  readonly wide?: boolean;
}

/** A cell: text of others, or markup of ours. */
export type PageCell = string | number | { readonly html: string };

/** A table; the first cell of a row names it. It scrolls by itself where it is wider than the page. */
export function renderTable(
  label: string,
  columns: readonly PageColumn[],
  rows: readonly (readonly PageCell[])[],
): string {
  const classOf = (i: number): string => {
    if (columns[i]?.align === 'right') return ' class="n"';
    return columns[i]?.wide ? ' class="w"' : '';
  };
  const inner = (cell: PageCell): string =>
    typeof cell === 'object' ? cell.html : escapeHtml(typeof cell === 'string' ? showText(cell, 400) : cell);
  const head = columns.map(({ title }, i) => `<th scope="col"${classOf(i)}>${escapeHtml(title)}</th>`).join('');
  const body = rows.map((row) => {
    const cells = row.map((cell, i) =>
      i === 0 ? `<th scope="row"${classOf(i)}>${inner(cell)}</th>` : `<td${classOf(i)}>${inner(cell)}</td>`,
    );
    return `<tr>${cells.join('')}</tr>`;
  });
  return scrolling(label, `<table><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table>`);
}

/** What may be wider than the page; who has no mouse scrolls it by the arrow keys. */
export const scrolling = (label: string, html: string): string =>
  `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(label)}">${html}</div>`;

/** What is there for those who ask for it. */
export const folded = (title: string, html: string): string =>
  `<details><summary>${escapeHtml(title)}</summary>${html}</details>`;

/** Rows of a long table that are shown at once. */
const SHOWN_LINES = 50;
/** Rows that it has at all. */
const MAX_LINES = 5_000;

/** A table of which the first rows are shown, and the others to those who ask. */
export function longTable(
  label: string,
  columns: readonly PageColumn[],
  rows: readonly (readonly PageCell[])[],
  shown = SHOWN_LINES,
): string {
  const rest = rows.slice(shown, MAX_LINES);
  const unlisted = rows.length - MAX_LINES;
  return (
    renderTable(label, columns, rows.slice(0, shown)) +
    (rest.length === 0
      ? ''
      : folded(`${countText(rest.length)} more`, renderTable(`${label}, continued`, columns, rest))) +
    (unlisted > 0 ? `<p class="note">${countText(unlisted)} more are not listed.</p>` : '')
  );
}
