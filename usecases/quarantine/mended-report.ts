import { stat } from 'node:fs/promises';
import path from 'node:path';
import { isPersonal } from '../../core/contract/personal.ts';
import { versionFolder } from '../../core/datasets/dataset-key.ts';
import { digestOf, digestOfFile } from '../../platform/digest.ts';
import type { Home } from '../../platform/ports.ts';
import type { DatasetRules } from '../validation/dataset-contract.ts';
import { dropId } from '../validation/drop-id.ts';
import { type DropReport, renderReport } from '../validation/report.ts';
import { heldContract, judgedBy, quarantineFolder, reportBase } from '../validation/validate-drop.ts';
import { SHOWN_ROWS } from '../validation/validation-page.ts';
import type { QuarantinedRow, ValidationView } from '../validation/validation-view.ts';

/** A file that mends rows of a drop. */
export interface MendedSource {
  /** Of the drop. */
  readonly report: DropReport;
  readonly file: string;
  readonly rules: DatasetRules;
  /** Lines of the drop that its rows are of, in their order. */
  readonly lines: string;
}

/** The mended file as a drop of its own. */
export type MendedDrop = Pick<DropReport, 'drop' | 'source'>;

/** Where it says that there is no copy. */
const NOT_KEPT = 'not kept: the contract marks personal fields';

/** Keeps the mended file beside the rows that it mends, unless it would keep personal values in the clear. */
export async function storeMendedFile(home: Home, { report, file, rules, lines }: MendedSource): Promise<MendedDrop> {
  const sha256 = await digestOfFile(file);
  const key = `${quarantineFolder(report.dataset, report.drop)}/mended/${sha256.slice(0, 20)}${path.extname(file)}`;
  const kept = !isPersonal(rules.contract);
  if (kept) await home.data.upload(key, file, { ifAbsent: true });
  const info = kept ? await home.data.head(key) : undefined;
  const { size, mtime } = await stat(file);
  return {
    drop: dropId(key, sha256, { ...judgedBy(rules), mends: digestOf(lines) }),
    source: { key, versionId: info?.versionId ?? NOT_KEPT, writtenAt: mtime.toISOString(), sha256, bytes: size },
  };
}

/** What became of the mended file. */
export interface MendedVerdict extends MendedDrop {
  readonly by: string;
  readonly version: number;
  readonly view: ValidationView;
  /** Physical lines of the mended file. */
  readonly lines: ValidationView['lines'];
  /** Rows that break the contract still, by their lines in the mended file. */
  readonly bad: readonly QuarantinedRow[];
}

/** Stores the rows that are still bad and the page of the mended file. @returns its report, which is not stored yet */
export async function storeMendedReport(
  home: Home,
  { report: { dataset, drop: mends }, rules }: MendedSource,
  { drop, source, by, version, view, bad, lines: mendedLines }: MendedVerdict,
): Promise<DropReport> {
  const quarantine = quarantineFolder(dataset, drop);
  if (bad.length > 0)
    await home.data.put(`${quarantine}/rows.jsonl`, bad.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const accepted = view.rows.accepted;
  const base = reportBase(dataset, drop);
  const report: DropReport = {
    dataset,
    drop,
    source,
    at: home.clock.now().toISOString(),
    by,
    contract: heldContract(rules),
    follows: null,
    mends,
    verdict: 'accepted',
    rejection: null,
    rows: { records: accepted + bad.length, accepted, quarantined: bad.length },
    lines: mendedLines,
    columns: view.columns,
    delimiter: view.delimiter,
    reasons: countReasons(bad),
    personal: view.personal,
    header: null,
    version,
    places: {
      dataset: versionFolder(dataset, version),
      quarantine: bad.length > 0 ? quarantine : null,
      report: `${base}.html`,
    },
    judgedAs: null,
  };
  const html = renderReport(report, {
    profile: view.profile ?? undefined,
    summary: view.summary ?? undefined,
    baseline: rules.baseline,
    sample: bad.slice(0, SHOWN_ROWS),
  });
  await home.data.put(`${base}.html`, html, { contentType: 'text/html; charset=utf-8' });
  return report;
}

/** Violations by feature and rule, most frequent first. */
function countReasons(rows: readonly QuarantinedRow[]): DropReport['reasons'] {
  const counts = new Map<string, DropReport['reasons'][number]>();
  for (const { reasons } of rows)
    for (const { feature, rule, allowed } of reasons) {
      const known = counts.get(`${feature}\n${rule}`);
      counts.set(`${feature}\n${rule}`, {
        feature,
        rule,
        allowed: known?.allowed ?? allowed,
        rows: (known?.rows ?? 0) + 1,
      });
    }
  return [...counts.values()].sort((a, b) => b.rows - a.rows);
}
