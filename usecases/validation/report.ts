import * as z from 'zod';
import { Instant } from '../../core/model/names.ts';
import { ownValue } from '../../core/model/own-value.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { chartKey, distributionChart, shareBar } from '../../core/report/charts.ts';
import { escapeHtml, renderPage, renderTable } from '../../core/report/page.ts';
import { DropSource, HeldContract } from './dataset-version.ts';
import { type QuarantinedRow, ValidationView } from './validation-view.ts';

/** What became of a drop; kept as `report.json`, and what `report.html` shows. */
export const DropReport = z.strictObject({
  dataset: z.string().describe('Name of the dataset.'),
  drop: z
    .string()
    .describe(
      'Identifies the drop as it was judged: 20 digits for key and content, then 12 for what it was judged by.',
    ),
  source: DropSource,
  at: Instant.describe('When it was judged.'),
  by: z.string().nullable().describe('Who wanted it judged again, or put its rows back; null where it was dropped.'),
  contract: HeldContract.nullable().describe('The contract that it was held to; null where there was none.'),
  follows: z.string().nullable().describe('The verdict on the same file before this one; null for the first.'),
  mends: z.string().nullable().describe('The drop whose quarantined rows it mends; null for any other file.'),
  ...ValidationView.pick({ verdict: true, rejection: true, rows: true, reasons: true, personal: true }).shape,
  header: z.string().nullable().describe('The first line of a CSV file that has quarantined rows; else null.'),
  version: z.int().nullable().describe('Dataset version that the good rows became; null when it was rejected.'),
  places: z
    .strictObject({
      dataset: z.string().nullable().describe('Folder of the dataset version.'),
      quarantine: z.string().nullable().describe('Folder of what was quarantined; null when nothing was.'),
      report: z.string().describe('The report as a page.'),
    })
    .describe('Where things are, as keys of the data store.'),
  judgedAs: z
    .string()
    .nullable()
    .describe('The drop as it was judged, where rows of it have been erased since; else null.'),
});
export type DropReport = z.infer<typeof DropReport>;

/** Quarantined rows that the page shows. */
export const SHOWN_ROWS = 30;

const KEPT = { omit: 'not at all', hash: 'as a pseudonym', encrypt: 'encrypted' } as const;

/** The report as a page for people. */
export function renderReport(
  report: DropReport,
  profile: Profile | undefined,
  baseline: Profile | undefined,
  sample: readonly QuarantinedRow[],
): string {
  const { rows, verdict } = report;
  const accepted = verdict === 'accepted';
  const number = (n: number): string => n.toLocaleString('en-US');
  const sections: { title: string; html: string }[] = [];
  if (rows.lines > 0)
    sections.push({
      title: 'Rows',
      html:
        shareBar([
          { label: 'accepted', count: rows.accepted, colour: 'good' },
          { label: 'quarantined', count: rows.quarantined, colour: 'bad' },
        ]) +
        (report.reasons.length === 0
          ? '<p>No row breaks the contract.</p>'
          : renderTable(
              [{ title: 'feature' }, { title: 'rule' }, { title: 'allowed' }, { title: 'rows', align: 'right' }],
              report.reasons.map(({ feature, rule, allowed, rows: n }) => [feature, rule, allowed, number(n)]),
            )),
    });
  if (sample.length > 0)
    sections.push({
      title: `Quarantined rows${rows.quarantined > sample.length ? ` (the first ${sample.length} of ${number(rows.quarantined)})` : ''}`,
      html: `<table><thead><tr><th class="n">line</th><th>reasons</th><th>as it came</th></tr></thead><tbody>${sample
        .map(
          (row) =>
            `<tr><td class="n">${row.line}</td><td>${row.reasons.map((r) => `<b>${escapeHtml(r.feature)}</b> ${escapeHtml(r.received ?? '')} — ${escapeHtml(r.rule)}: ${escapeHtml(r.allowed)}`).join('<br>')}</td><td><code>${escapeHtml((row.raw ?? (report.personal ? 'withheld: the contract marks personal fields' : 'no text: a row of Parquet')).slice(0, 160))}</code></td></tr>`,
        )
        .join('')}</tbody></table>`,
    });
  if (profile)
    sections.push({
      title: baseline ? 'Distributions, against the baseline' : 'Distributions',
      html: `${baseline ? chartKey('baseline', 'this file') : ''}<div class="grid">${Object.entries(profile.columns)
        .map(([name, column]) =>
          distributionChart(baseline && ownValue(baseline.columns, name), column, {
            title: name,
            note: `${(100 * (column.rows === 0 ? 0 : column.missing / column.rows)).toFixed(1)} % missing${column.kind === 'numeric' && column.mean !== null ? `, mean ${Number(column.mean.toPrecision(4))}` : ''}`,
          }),
        )
        .join('')}</div>`,
    });
  if (report.personal)
    sections.push({
      title: 'Personal columns',
      html: renderTable(
        [{ title: 'column' }, { title: 'as it is kept' }],
        Object.entries(report.personal).map(([column, treatment]) => [column, KEPT[treatment]]),
      ),
    });
  return renderPage({
    title: `Data validation: ${report.dataset}`,
    subtitle: `${report.source.key}, ${report.at}`,
    verdict: {
      tone: toneOf(accepted, rows.quarantined),
      word: accepted ? 'accepted' : 'rejected whole',
      sentence: accepted
        ? `${number(rows.accepted)} rows are dataset version ${report.version}; ${number(rows.quarantined)} are in quarantine with their reasons.`
        : `${report.rejection?.reason ?? ''}`,
    },
    facts: [
      { label: 'lines in', value: number(rows.lines) },
      { label: 'accepted', value: number(rows.accepted) },
      { label: 'quarantined', value: number(rows.quarantined) },
      { label: 'dataset version', value: report.version === null ? '–' : String(report.version) },
      { label: 'bytes', value: number(report.source.bytes) },
    ],
    sections,
    footer: footer(report),
  });
}

function footer({ drop, source, contract, follows, mends, by }: DropReport): string {
  return [
    `drop ${drop}, sha256 ${source.sha256}, source version ${source.versionId}`,
    contract === null ? 'no contract' : `contract ${contract.source}, sha256 ${contract.digest}`,
    ...(follows === null ? [] : [`follows the verdict ${follows} on the same file`]),
    ...(mends === null ? [] : [`mends rows of drop ${mends}`]),
    ...(by === null ? [] : [`by ${by}`]),
  ].join('; ');
}

function toneOf(accepted: boolean, quarantined: number): 'good' | 'bad' | 'neutral' {
  if (!accepted) return 'bad';
  return quarantined > 0 ? 'neutral' : 'good';
}
