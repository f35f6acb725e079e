import { VERSION_FILES, versionFolder, versionKey } from '../../core/datasets/dataset-key.ts';
import type { Home } from '../../platform/ports.ts';
import { readReturns } from '../quarantine/returns.ts';
import { DatasetManifest, readJson } from '../validation/dataset-version.ts';
import { reportsOfFile } from '../validation/find-reports.ts';
import { DropReport } from '../validation/report.ts';
import type { DropTrace } from './trace-view.ts';

/** A drop by its id, which may leave out what it was judged by, among the datasets given. */
export async function traceDrop(home: Home, datasets: readonly string[], drop: string): Promise<DropTrace | undefined> {
  for (const dataset of datasets) {
    const reports = await reportsOfFile(home, dataset, drop);
    const report = reports.findLast((each) => each.drop.startsWith(drop)) ?? (await reportUnder(home, dataset, drop));
    if (report) return describe(home, report, reports);
  }
  return undefined;
}

/** The report of a file that rows were erased from, under the id that it has since. */
async function reportUnder(home: Home, dataset: string, drop: string): Promise<DropReport | undefined> {
  const key = `reports/validation/${dataset}/${drop}/report.json`;
  return (await home.data.head(key)) ? DropReport.parse(await readJson(home, key)) : undefined;
}

async function describe(home: Home, report: DropReport, reports: readonly DropReport[]): Promise<DropTrace> {
  const place = `${report.places.dataset}/${VERSION_FILES.manifest}`;
  const kept = report.places.dataset !== null && (await home.data.head(place)) !== undefined;
  const manifest = kept ? DatasetManifest.parse(await readJson(home, place)) : null;
  const returns = await readReturns(home, report);
  return {
    of: 'drop',
    dataset: report.dataset,
    drop: report.drop,
    report,
    manifest,
    verdicts: reports.map(({ drop, at, by, contract, verdict, version }) => ({
      drop,
      at,
      by,
      contract,
      verdict,
      version,
    })),
    returns: returns.map(({ manifest: made, report: mended, ...rest }) => ({
      ...rest,
      version: made.version,
      mended: mended?.drop ?? null,
    })),
    models: await trainedOn(home, report),
  };
}

/** The drop that a dataset version came from. */
export async function traceDropOf(home: Home, dataset: string, version: number): Promise<DropTrace | undefined> {
  const key = versionKey(dataset, version, 'manifest');
  if (!(await home.data.head(key))) return undefined;
  return traceDrop(home, [dataset], DatasetManifest.parse(await readJson(home, key)).drop);
}

async function trainedOn(home: Home, { dataset, drop, version, source }: DropReport): Promise<DropTrace['models']> {
  const places =
    version === null ? [] : [versionFolder(dataset, version), `${dataset}/${String(version).padStart(6, '0')}`];
  const names = [drop, source.sha256, ...places];
  const models: { model: string; version: number }[] = [];
  for (const model of await home.ledger.models())
    for await (const { manifest, version: number } of home.ledger.versions(model))
      if (names.some((name) => manifest.lineage.dataset?.includes(name))) models.push({ model, version: number });
  return models;
}
