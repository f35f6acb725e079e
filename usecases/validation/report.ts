import * as z from 'zod';
import { Instant } from '../../core/model/names.ts';
import type { Profile } from '../../core/profile/profile.ts';
import type { TableSummary } from '../../core/profile/summary.ts';
import { countText } from '../../core/report/text.ts';
import { DropSource } from './dataset-version.ts';
import { renderValidation } from './validation-page.ts';
import { type QuarantinedRow, ValidationView } from './validation-view.ts';

/** What became of a drop; kept as `report.json`, and what `report.html` shows. */
export const DropReport = z.strictObject({
  dataset: z.string().describe('Name of the dataset.'),
  drop: z.string().describe('Identifies the drop: key and content.'),
  source: DropSource,
  at: Instant.describe('When it was judged.'),
  ...ValidationView.pick({
    verdict: true,
    rejection: true,
    rows: true,
    lines: true,
    reasons: true,
    personal: true,
    columns: true,
  }).shape,
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

/** What the page of a drop shows beside its report. */
export interface DropPage {
  readonly profile?: Profile | undefined;
  readonly summary?: TableSummary | undefined;
  readonly baseline?: Profile | undefined;
  /** The first quarantined rows. */
  readonly sample: readonly QuarantinedRow[];
}

/** The report of a drop as a page for people. */
export function renderReport(report: DropReport, shown: DropPage): string {
  const { rows, version, source } = report;
  return renderValidation({
    ...shown,
    found: report,
    withheld: report.personal !== null,
    file: source.key,
    head: {
      title: `Data validation: ${report.dataset}`,
      subtitle: `${source.key}, ${report.at}`,
      index: '../../../index.html',
      footer: `drop ${report.drop}, sha256 ${source.sha256}, source version ${source.versionId}`,
    },
    accepted: `${countText(rows.accepted)} rows are dataset version ${version}; ${countText(rows.quarantined)} are in quarantine with their reasons.`,
    facts: [
      { label: 'dataset version', value: version === null ? '–' : String(version) },
      { label: 'bytes', value: countText(source.bytes) },
    ],
  });
}
