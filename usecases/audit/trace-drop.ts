import type { Home } from '../../platform/ports.ts';
import { DatasetManifest, readJson, versionFolder } from '../validation/dataset-version.ts';
import type { DropReport } from '../validation/report.ts';

export interface DropTrace {
  readonly of: 'drop';
  readonly dataset: string;
  readonly drop: string;
  /** What was judged, and what came of it. */
  readonly report: DropReport;
  /** The dataset version that its good rows became; null when it was rejected. */
  readonly manifest: DatasetManifest | null;
  /** Model versions whose lineage names it: by version (`DATASET/000001`), drop, or digest of the file. */
  readonly models: readonly { readonly model: string; readonly version: number }[];
}

/** A drop by its id, among the datasets given. */
export async function traceDrop(home: Home, datasets: readonly string[], drop: string): Promise<DropTrace | undefined> {
  for (const dataset of datasets) {
    const key = `reports/validation/${dataset}/${drop}/report.json`;
    if (!(await home.data.head(key))) continue;
    const report = (await readJson(home, key)) as DropReport;
    const place = `${report.places.dataset}/manifest.json`;
    const kept = report.places.dataset !== undefined && (await home.data.head(place)) !== undefined;
    const manifest = kept ? DatasetManifest.parse(await readJson(home, place)) : null;
    return { of: 'drop', dataset, drop, report, manifest, models: await trainedOn(home, report) };
  }
  return undefined;
}

/** The drop that a dataset version came from. */
export async function traceDropOf(home: Home, dataset: string, version: number): Promise<DropTrace | undefined> {
  const key = `${versionFolder(dataset, version)}/manifest.json`;
  if (!(await home.data.head(key))) return undefined;
  return traceDrop(home, [dataset], DatasetManifest.parse(await readJson(home, key)).drop);
}

async function trainedOn(home: Home, { dataset, drop, version, source }: DropReport): Promise<DropTrace['models']> {
  const names = [drop, source.sha256, ...(version === null ? [] : [`${dataset}/${String(version).padStart(6, '0')}`])];
  const models: { model: string; version: number }[] = [];
  for (const model of await home.ledger.models())
    for await (const { manifest, version: number } of home.ledger.versions(model))
      if (names.some((name) => manifest.lineage.dataset?.includes(name))) models.push({ model, version: number });
  return models;
}
