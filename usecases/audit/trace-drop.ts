import type { Home } from '../../platform/ports.ts';
import { DatasetManifest, readJson, versionFolder } from '../validation/dataset-version.ts';
import { DropReport } from '../validation/report.ts';
import type { DropTrace } from './trace-view.ts';

/** A drop by its id, among the datasets given. */
export async function traceDrop(home: Home, datasets: readonly string[], drop: string): Promise<DropTrace | undefined> {
  for (const dataset of datasets) {
    const key = `reports/validation/${dataset}/${drop}/report.json`;
    if (!(await home.data.head(key))) continue;
    const report = DropReport.parse(await readJson(home, key));
    const place = `${report.places.dataset}/manifest.json`;
    const kept = report.places.dataset !== null && (await home.data.head(place)) !== undefined;
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
