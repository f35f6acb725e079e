import { ownValue } from '../../core/model/own-value.ts';
import type { Profile } from '../../core/profile/profile.ts';
import type { TableSummary } from '../../core/profile/summary.ts';
import { shareBar } from '../../core/report/charts.ts';
import type { ReportedColumn } from '../../core/report/column-findings.ts';
import { columnSections } from '../../core/report/columns-section.ts';
import { missingSection } from '../../core/report/missing-section.ts';
import { type Page, type PageSection, renderPage } from '../../core/report/page.ts';
import { quarantineTable, type RowFormat } from '../../core/report/quarantine-table.ts';
import { longTable, renderTable } from '../../core/report/table.ts';
import { countText, percentText } from '../../core/report/text.ts';
import { formatOf } from './file-format.ts';
import type { QuarantinedRow, ValidationView } from './validation-view.ts';

/** Quarantined rows that the page shows. */
export const SHOWN_ROWS = 30;
/** Kinds of violations that the page shows at once; the others are folded. */
const SHOWN_REASONS = 20;

const KEPT = { omit: 'not at all', hash: 'as a pseudonym', encrypt: 'encrypted' } as const;

/** What a page of a validation shows. */
export interface ValidationPage {
  readonly found: Pick<
    ValidationView,
    'verdict' | 'rejection' | 'rows' | 'lines' | 'reasons' | 'personal' | 'columns' | 'delimiter'
  >;
  /** The contract marks personal fields: rows have no text. */
  readonly withheld: boolean;
  readonly profile?: Profile | undefined;
  readonly summary?: TableSummary | undefined;
  readonly baseline?: Profile | undefined;
  /** The first quarantined rows. */
  readonly sample: readonly QuarantinedRow[];
  /** Name of the file, whose ending says its form. */
  readonly file: string;
  readonly head: Pick<Page, 'title' | 'subtitle' | 'index' | 'footer'>;
  /** What the good rows became, in a sentence. */
  readonly accepted: string;
  readonly facts: Page['facts'];
}

/** The report of a validation as a page for people. */
export function renderValidation(page: ValidationPage): string {
  const { found, head } = page;
  const { rows, verdict, rejection } = found;
  const accepted = verdict === 'accepted';
  return renderPage({
    ...head,
    verdict: {
      tone: toneOf(accepted, rows.quarantined),
      word: accepted ? 'accepted' : 'rejected whole',
      sentence: accepted ? page.accepted : (rejection?.reason ?? ''),
    },
    facts: [
      { label: 'records in', value: countText(rows.records) },
      { label: 'accepted', value: countText(rows.accepted) },
      { label: 'quarantined', value: countText(rows.quarantined) },
      ...page.facts,
    ],
    sections: [...rowSections(page), ...dataSections(page), ...personalSection(found.personal)],
  });
}

function rowSections({ found, sample, file, withheld }: ValidationPage): PageSection[] {
  const { rows, reasons, columns } = found;
  if (rows.records === 0) return [];
  const bar = shareBar([
    { label: 'accepted', count: rows.accepted, colour: 'good' },
    { label: 'quarantined', count: rows.quarantined, colour: 'bad' },
  ]);
  const sections = [{ title: 'Rows', html: bar + accounting(found) }];
  // Where the columns are not those of the contract, no row was asked.
  if (columns.length > 0) sections.push({ title: 'Violations by rule', html: violations(reasons, rows.records) });
  if (sample.length > 0) {
    const format: RowFormat = { columns, ...formatOf(file, found.delimiter), withheld };
    const more = rows.quarantined > sample.length;
    sections.push({
      title: `Quarantined rows${more ? ` (the first ${sample.length} of ${countText(rows.quarantined)})` : ''}`,
      html: quarantineTable(sample, format),
    });
  }
  return sections;
}

/** Every record and every physical line is accounted for. */
function accounting({ rows, lines }: ValidationPage['found']): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  return renderTable(
    'Accounting',
    [{ title: 'unit' }, right('in the file'), right('accepted'), right('quarantined'), right('header'), right('blank')],
    [
      ['records', countText(rows.records), countText(rows.accepted), countText(rows.quarantined), '–', '–'],
      ['physical lines', ...[lines.total, lines.accepted, lines.quarantined, lines.header, lines.blank].map(countText)],
    ],
  );
}

function violations(reasons: ValidationView['reasons'], records: number): string {
  if (reasons.length === 0) return '<p>No row breaks the contract.</p>';
  return longTable(
    'Violations by rule',
    [
      { title: 'column' },
      { title: 'rule' },
      { title: 'allowed', wide: true },
      { title: 'rows', align: 'right' },
      { title: 'of all', align: 'right' },
    ],
    reasons.map(({ feature, rule, allowed, rows }) => [
      feature,
      rule,
      allowed,
      countText(rows),
      percentText(rows / Math.max(1, records)),
    ]),
    SHOWN_REASONS,
  );
}

function dataSections({ found, profile, summary, baseline }: ValidationPage): PageSection[] {
  if (profile === undefined) return [];
  const broken = new Map<string, number>();
  for (const { feature, rows } of found.reasons) broken.set(feature, (broken.get(feature) ?? 0) + rows);
  const columns = Object.entries(profile.columns).map(
    ([name, column]): ReportedColumn => ({
      name,
      profile: column,
      summary: summary && ownValue(summary.columns, name),
      baseline: baseline && ownValue(baseline.columns, name),
      violations: broken.get(name) ?? 0,
    }),
  );
  return [
    ...columnSections(columns, found.rows.records),
    ...(summary?.missingOverTime ? [missingSection(summary.missingOverTime)] : []),
  ];
}

function personalSection(personal: ValidationView['personal']): PageSection[] {
  if (!personal) return [];
  const rows = Object.entries(personal).map(([column, treatment]) => [column, KEPT[treatment]]);
  return [
    {
      title: 'Personal columns',
      html: renderTable('Personal columns', [{ title: 'column' }, { title: 'as it is kept' }], rows),
    },
  ];
}

function toneOf(accepted: boolean, quarantined: number): 'good' | 'bad' | 'neutral' {
  if (!accepted) return 'bad';
  return quarantined > 0 ? 'neutral' : 'good';
}
