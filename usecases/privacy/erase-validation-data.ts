import path from 'node:path';
import { VERSION_FILES, versionFolder, versionOfKey } from '../../core/datasets/dataset-key.ts';
import type { Profile } from '../../core/profile/profile.ts';
import type { TableSummary } from '../../core/profile/summary.ts';
import { digestOfFile } from '../../platform/digest.ts';
import type { ProfiledColumn } from '../../platform/duckdb/column-batch.ts';
import { identifier, literal, withDuck } from '../../platform/duckdb/connection.ts';
import { summarizeRelation } from '../../platform/duckdb/profile.ts';
import type { Home, ObjectStore } from '../../platform/ports.ts';
import { type DatasetRules, loadContract } from '../validation/dataset-contract.ts';
import { DatasetManifest, readJson } from '../validation/dataset-version.ts';
import { fileId, fileOfDrop } from '../validation/drop-id.ts';
import { beginErasure } from '../validation/erasure-marks.ts';
import { reportsOfFile } from '../validation/find-reports.ts';
import { firstQuarantined } from '../validation/first-quarantined.ts';
import { summaryTerms } from '../validation/profiled-columns.ts';
import { type DropReport, renderReport } from '../validation/report.ts';
import type { QuarantinedRow } from '../validation/validation-view.ts';
import type { DataOwner, Subject } from './data-owners.ts';
import { type EditedFile, editLines } from './edit-lines.ts';
import { mentions } from './speaks-of.ts';

/**
 * Writes an object anew and erases what was under its key before. What a run before an interruption has done is left as
 * it is, so that each run gets further.
 */
async function renew(store: ObjectStore, key: string, body: string, contentType?: string): Promise<void> {
  if (await isRenewed(store, key, body)) return;
  await store.put(key, body, contentType === undefined ? {} : { contentType });
  const current = await store.head(key);
  await store.erase(key, current ? { keep: current.versionId } : {});
}

/** Whether the object has this content, and no earlier one is held. */
async function isRenewed(store: ObjectStore, key: string, body: string): Promise<boolean> {
  let held = 0;
  for await (const write of store.writes(key)) if (write.key === key) held++;
  return held === 1 && (await store.head(key)) !== undefined && new TextDecoder().decode(await store.get(key)) === body;
}

/** Takes a subject's rows out of quarantined ones. */
export const quarantineEdit =
  (subject: Subject) =>
  (from: string, to: string): Promise<EditedFile> =>
    editLines(from, to, (line) => {
      const row = JSON.parse(line) as QuarantinedRow;
      const found =
        subject.hasPseudonym(row.subject) ||
        row.reasons.some(({ feature, received }) => subject.is(feature, received)) ||
        (row.raw !== undefined && mentions(row.raw, subject));
      return found ? undefined : line;
    });

/** An erasure among the data of one owner. */
export interface DataErasure {
  readonly home: Home;
  readonly owner: DataOwner;
  /** Folder for temporary files. */
  readonly scratch: string;
  /** When it began, ISO 8601 in UTC. */
  readonly at: string;
}

/**
 * Draws a drop's page again.
 *
 * @param rowsFile the quarantined rows that will be left; without it, those that are stored
 */
export async function renewReport(
  { home, owner: { name }, scratch }: DataErasure,
  drop: string,
  rowsFile?: string,
): Promise<void> {
  const base = `reports/validation/${name}/${drop}/report`;
  if (!(await home.data.head(`${base}.json`))) return;
  const report = (await readJson(home, `${base}.json`)) as DropReport;
  const folder = report.places.dataset;
  const profile = folder ? ((await readJson(home, `${folder}/${VERSION_FILES.profile}`)) as Profile) : undefined;
  const summary = folder ? ((await readJson(home, `${folder}/${VERSION_FILES.summary}`)) as TableSummary) : undefined;
  const rows = rowsFile ?? (await quarantined(home, `quarantine/${name}/${drop}/rows.jsonl`, scratch));
  const sample = await firstQuarantined(rows);
  const html = renderReport(report, { profile, summary, baseline: await baselineFor(home, name), sample });
  await renew(home.data, `${base}.html`, html, 'text/html; charset=utf-8');
}

async function quarantined(home: Home, key: string, scratch: string): Promise<string | undefined> {
  if (!(await home.data.head(key))) return undefined;
  const file = path.join(scratch, 'quarantined.jsonl');
  await home.data.download(key, file);
  return file;
}

/** What a dataset's profiles are held against; undefined where there is none, or no contract any more. */
async function baselineFor(home: Home, dataset: string): Promise<Profile | undefined> {
  return (await loadContract(home, dataset).catch(() => undefined))?.baseline;
}

/**
 * Stores the reports of a drop that is about to be rewritten under the ids that it will have, if it has been validated:
 * without a report its rows would be validated again and become another dataset version. A verdict that is being stored is
 * waited for.
 *
 * @param key of the drop
 * @param copy file with what the drop will hold
 * @param from file with what it holds now
 * @returns the file's id, which `endErasure` is to be told when it has been rewritten
 */
export async function storeReport(
  { home, owner }: Pick<DataErasure, 'home' | 'owner'>,
  key: string,
  copy: string,
  from: string,
): Promise<string> {
  const [old, fresh] = [fileId(key, await digestOfFile(from)), fileId(key, await digestOfFile(copy))];
  await beginErasure(home, owner.name, old);
  // Of every contract that judged it: what it was judged by stays the second part of its id.
  for (const report of await reportsOfFile(home, owner.name, old)) {
    const id = `${fresh}${report.drop.slice(fileOfDrop(report.drop).length)}`;
    const judged: DropReport = { ...report, judgedAs: report.judgedAs ?? report.drop };
    await home.data.put(`reports/validation/${owner.name}/${id}/report.json`, JSON.stringify(judged, null, 2), {
      contentType: 'application/json',
    });
  }
  return old;
}

/**
 * Updates profile and manifest of a dataset version to the rows that it has left. Repeated after an interruption, it
 * finishes what is missing.
 *
 * @param key of the version's `data.parquet`
 * @param left rows that it has now
 */
export async function keepCounted(erasure: DataErasure, key: string, left: number): Promise<void> {
  const { home, owner, scratch, at } = erasure;
  const folder = versionFolder(owner.name, versionOfKey(key)!.version);
  if (!(await home.data.head(`${folder}/${VERSION_FILES.manifest}`))) return;
  const manifest = DatasetManifest.parse(await readJson(home, `${folder}/${VERSION_FILES.manifest}`));
  const gone = manifest.rows - left;
  if (gone <= 0) return;
  const profile = (await readJson(home, `${folder}/${VERSION_FILES.profile}`)) as Profile;
  const file = path.join(scratch, 'counted.parquet');
  await home.data.download(key, file);
  const rules = await loadContract(home, owner.name).catch(() => undefined);
  const again = await profileAgain(file, profile, owner, rules);
  await renew(home.data, `${folder}/${VERSION_FILES.profile}`, JSON.stringify(again.profile));
  await renew(home.data, `${folder}/${VERSION_FILES.summary}`, JSON.stringify(again.summary));
  await renewReport(erasure, manifest.drop);
  // Last: while it still counts what is gone, whoever comes after an interruption does this again.
  const erasures = [...(manifest.erasures ?? []), { at, rows: gone }];
  await renew(
    home.data,
    `${folder}/${VERSION_FILES.manifest}`,
    JSON.stringify({ ...manifest, rows: left, erasures }, null, 2),
  );
}

/** A profile made as the former one was: bins and categories that only the erased rows had do not stay. */
function profileAgain(
  file: string,
  former: Profile,
  owner: DataOwner,
  rules: DatasetRules | undefined,
): Promise<{ profile: Profile; summary: TableSummary }> {
  return withDuck({ memoryMb: 1024 }, async (duck) => {
    const table = `read_parquet(${literal(file)}, hive_partitioning = false)`;
    const present = (await duck.rows(`DESCRIBE SELECT * FROM ${table}`)).map(({ column_name }) => String(column_name));
    const columns = Object.entries(former.columns).flatMap(([name, { kind }]): ProfiledColumn[] => {
      const column = present.includes(name) ? name : owner.labels.find((label) => present.includes(label));
      return column === undefined ? [] : [{ name, kind, expression: identifier(column) }];
    });
    const { time, ...terms } = rules ? summaryTerms(rules.contract) : { time: undefined };
    const kept = time && present.includes(time.name) ? { time } : {};
    return summarizeRelation(duck, table, columns, { reference: rules?.baseline, ...terms, ...kept });
  });
}
