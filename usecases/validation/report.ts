import * as z from 'zod';
import { Instant } from '../../core/model/names.ts';
import type { Profile } from '../../core/profile/profile.ts';
import type { TableSummary } from '../../core/profile/summary.ts';
import { countText } from '../../core/report/text.ts';
import { DropSource, HeldContract } from './dataset-version.ts';
import { renderValidation } from './validation-page.ts';
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
  ...ValidationView.pick({
    verdict: true,
    rejection: true,
    rows: true,
    lines: true,
    reasons: true,
    personal: true,
    columns: true,
    delimiter: true,
  }).shape,
  header: z
    .string()
    .nullable()
    .describe('The header of a CSV file that has quarantined rows, as it stands there; else null.'),
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
      footer: footer(report),
    },
    accepted: `${countText(rows.accepted)} rows are dataset version ${version}; ${countText(rows.quarantined)} are in quarantine with their reasons.`,
    facts: [
      { label: 'dataset version', value: version === null ? '–' : String(version) },
      { label: 'bytes', value: countText(source.bytes) },
    ],
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
