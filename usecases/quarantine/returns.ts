import * as z from 'zod';
import { versionFolder } from '../../core/datasets/dataset-key.ts';
import { LineRanges } from '../../core/quarantine/line-ranges.ts';
import type { Home } from '../../platform/ports.ts';
import { DatasetManifest, readJson, storeManifest } from '../validation/dataset-version.ts';
import { announceDrop } from '../validation/publish-report.ts';
import { DropReport } from '../validation/report.ts';
import { quarantineFolder, reportBase } from '../validation/validate-drop.ts';

/**
 * `quarantine/<dataset>/<drop>/returns/<000001>.json`: quarantined rows of a drop became a dataset version after all.
 * Returns are numbered without gaps and each is written once, so that of two people who want the same rows the store
 * itself picks one. Everything that a return needs is stored before it, and what comes after it is in it: whoever finds
 * one whose manifest is not there, because its maker was killed, writes it.
 */
export const RowsReturn = z.strictObject({
  number: z.int().min(1).describe('Which return of rows of that drop it is.'),
  as: z.enum(['put-back', 'accepted']).describe('Mended and held to the contract again, or accepted as they are.'),
  lines: z.string().describe('Lines of the drop, such as `3,7-9`.'),
  rows: z.int().min(1).describe('How many rows.'),
  at: z.string().describe('When.'),
  by: z.string().describe('Who did it.'),
  reason: z.string().nullable().describe('Why, where somebody said so.'),
  manifest: DatasetManifest.describe('Of the dataset version that they became.'),
  report: DropReport.nullable().describe('Of the mended file; null where rows were accepted as they are.'),
});
export type RowsReturn = z.infer<typeof RowsReturn>;

/** Of what a drop of a dataset is about. */
export interface DropOfDataset {
  readonly dataset: string;
  readonly drop: string;
}

const folder = ({ dataset, drop }: DropOfDataset): string => `${quarantineFolder(dataset, drop)}/returns/`;

const keyOf = (of: DropOfDataset, number: number): string => `${folder(of)}${String(number).padStart(6, '0')}.json`;

/** All returns of a drop, in order. */
export async function readReturns(home: Home, of: DropOfDataset): Promise<RowsReturn[]> {
  const returns: RowsReturn[] = [];
  for await (const { key } of home.data.list(folder(of)))
    if (key.endsWith('.json')) returns.push(RowsReturn.parse(await readJson(home, key)));
  return returns;
}

/** Writes a return under the next number. @returns false when somebody else has written one of that number */
export const appendReturn = (home: Home, of: DropOfDataset, made: RowsReturn): Promise<boolean> =>
  home.data.put(keyOf(of, made.number), JSON.stringify(made, null, 2), {
    ifAbsent: true,
    contentType: 'application/json',
  });

/**
 * Does what comes after a return: the report of the mended file, the manifest that makes the version count, and an event,
 * which is told at least once. Done again, it finds nothing to do.
 */
export async function finishReturn(home: Home, of: DropOfDataset, made: RowsReturn): Promise<void> {
  const told = `${keyOf(of, made.number)}.told`;
  if (await home.data.head(told)) return;
  const { manifest, report, as, rows, by } = made;
  if (report) {
    await home.data.put(`${reportBase(report.dataset, report.drop)}.json`, JSON.stringify(report, null, 2), {
      contentType: 'application/json',
      ifAbsent: true,
    });
    await announceDrop(home, report);
  }
  await storeManifest(home, manifest);
  await home.bus.publish({
    source: 'trimtab',
    detailType: 'Rows Returned',
    detail: { ...of, as, rows, by, version: manifest.version, folder: versionFolder(of.dataset, manifest.version) },
  });
  await home.data.put(told, home.clock.now().toISOString());
}

/** Reads the returns of a drop, and finishes those whose makers could not. */
export async function settledReturns(home: Home, of: DropOfDataset): Promise<RowsReturn[]> {
  const returns = await readReturns(home, of);
  for (const made of returns) await finishReturn(home, of, made);
  return returns;
}

/** Finishes what is unfinished among all returns of a dataset: what is to be erased must be where it is looked for. */
export async function settleDataset(home: Home, dataset: string): Promise<void> {
  const drops = new Set<string>();
  for await (const { key } of home.data.list(`quarantine/${dataset}/`))
    if (/^quarantine\/[^/]+\/[^/]+\/returns\//.test(key)) drops.add(key.split('/')[2]!);
  for (const drop of drops) await settledReturns(home, { dataset, drop });
}

/** What has become of a quarantined row. */
export const RowState = z.enum(['open', 'put-back', 'accepted']);
export type RowState = z.infer<typeof RowState>;

/** What has become of each quarantined row of a drop, by its line. */
export class RowStates {
  readonly #returned: readonly { readonly lines: LineRanges; readonly made: RowsReturn }[];

  constructor(returns: readonly RowsReturn[]) {
    this.#returned = returns.map((made) => ({ made, lines: LineRanges.stored(made.lines) }));
  }

  /** The return that took a row; undefined of one that is open. */
  returnOf(line: number): RowsReturn | undefined {
    return this.#returned.find(({ lines }) => lines.has(line))?.made;
  }

  of(line: number): RowState {
    return this.returnOf(line)?.as ?? 'open';
  }
}
