import { renderPage } from './page.ts';
import { PUT_BACK, type ReportEntry } from './report-entry.ts';
import { type PageCell, renderTable } from './table.ts';
import { countText, escapeHtml } from './text.ts';

const TONES: Readonly<Record<string, 'good' | 'bad' | 'neutral'>> = {
  accepted: 'good',
  rejected: 'bad',
  no_drift: 'good',
  drift: 'bad',
};

/**
 * A page of all reports, the newest first.
 *
 * @param entries in that order
 * @param more whether there are older ones that are not listed
 */
export function renderIndex(entries: readonly ReportEntry[], more: boolean): string {
  const latest = new Map<string, ReportEntry>();
  for (const entry of entries) {
    if (entry.verdict === PUT_BACK) continue;
    const about = `${entry.kind}/${entry.name}`;
    if (!latest.has(about)) latest.set(about, entry);
  }
  const subjects = [...latest.values()].toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
  return renderPage({
    title: 'Reports',
    subtitle: 'Of data validation and drift, the newest first; times are in UTC.',
    facts: [
      { label: more ? 'reports, and older ones that are not listed' : 'reports', value: countText(entries.length) },
      { label: 'datasets and models', value: countText(new Set(subjects.map(({ name }) => name)).size) },
    ],
    sections:
      entries.length === 0
        ? []
        : [
            { title: 'As it stands', html: table('The latest report of each dataset and model', subjects) },
            { title: 'All, newest first', html: table('All reports, newest first', entries) },
          ],
    footer: `The latest of these reports is of ${entries.length === 0 ? 'no time' : timeText(entries[0]!.at)}.`,
  });
}

function table(label: string, entries: readonly ReportEntry[]): string {
  return renderTable(
    label,
    [
      { title: 'dataset or model' },
      { title: 'report' },
      { title: 'verdict' },
      { title: 'what was found', wide: true },
      { title: 'when' },
    ],
    entries.map((entry): PageCell[] => [
      { html: `<a href="${escapeHtml(linkOf(entry))}">${escapeHtml(entry.name)}</a>` },
      entry.kind,
      {
        html: `<span class="word ${TONES[entry.verdict] ?? 'neutral'}">${escapeHtml(entry.verdict.replaceAll('_', ' '))}</span>`,
      },
      entry.detail,
      timeText(entry.at),
    ]),
  );
}

/** From `reports/index.html`. Its parts are words, as {@link entryKey} holds them. */
const linkOf = ({ kind, name, id }: ReportEntry): string => `${kind}/${name}/${id}/report.html`;

const timeText = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ');
