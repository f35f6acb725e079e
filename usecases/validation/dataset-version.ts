import * as z from 'zod';
import {
  datasetDrops,
  datasetFolder,
  FORMER_VERSION,
  VERSION_FILES,
  versionFolder,
  versionKey,
  versionOfKey,
} from '../../core/datasets/dataset-key.ts';
import { canonical } from '../../core/registry/canonical.ts';
import { digestOf } from '../../platform/digest.ts';
import type { Home } from '../../platform/ports.ts';
import { Treated } from './personal-columns.ts';

/** The very bytes that came as a drop. */
export const DropSource = z
  .strictObject({
    key: z.string().describe('Key of the file in the data store.'),
    versionId: z.string().describe('Which write of the key it was.'),
    writtenAt: z.string().describe('When the file was written.'),
    sha256: z.string().describe('SHA-256 of the file.'),
    bytes: z.int().describe('Size in bytes.'),
  })
  .describe('The file that came, and the very bytes.');

/** The contract that something was held to. */
export const HeldContract = z.strictObject({
  digest: z.string().describe('SHA-256 of the contract.'),
  source: z.string().describe('Where it was: `contracts/<dataset>.json`, or a model version such as `flights v3`.'),
});
export type HeldContract = z.infer<typeof HeldContract>;

/** Quarantined rows that became a dataset version after all. */
export const ReturnedRows = z.strictObject({
  of: z.string().describe('The drop in whose quarantine they were.'),
  number: z.int().min(1).describe('Which return of rows of that drop it was.'),
  as: z
    .enum(['put-back', 'accepted'])
    .describe('Mended and held to the contract again, or accepted as they are: those break rules of the contract.'),
  lines: z.string().describe('Lines of that drop that they are of, such as `3,7-9`.'),
  by: z.string().describe('Who did it.'),
  reason: z.string().nullable().describe('Why, where somebody said so.'),
});
export type ReturnedRows = z.infer<typeof ReturnedRows>;

/** `_manifest.json` of a dataset version: written last, and only with it the version counts. */
export const DatasetManifest = z.strictObject({
  dataset: z.string().describe('Name of the dataset.'),
  version: z.int().min(1).describe('Number of the dataset version.'),
  drop: z.string().describe('The drop that it came from, and the very bytes.'),
  source: DropSource,
  contract: HeldContract.describe(
    'The contract that its rows keep; those that were accepted as they are, were held to.',
  ),
  follows: z
    .string()
    .nullable()
    .describe(
      'An earlier verdict on the same file: what became versions by that one, this version stands in for; null for the first.',
    ),
  returned: ReturnedRows.nullable().describe(
    'Which quarantined rows it holds, where it holds such rows and no others; else null.',
  ),
  rows: z.int().min(0).describe('Rows that it holds.'),
  personal: Treated.optional().describe(
    'What was done with the personal columns, as it was really done: omit, too, where there were no keys.',
  ),
  erasures: z
    .array(z.strictObject({ at: z.string().describe('When.'), rows: z.int().min(1).describe('How many.') }))
    .optional()
    .describe('Rows that were erased later (trimtab forget): rows counts what is left.'),
  createdAt: z.string().describe('When the version was made.'),
});
export type DatasetManifest = z.infer<typeof DatasetManifest>;

/** Rows of a version, as they were found to be. */
export interface VersionRows {
  /** Parquet file with them. */
  readonly dataFile: string;
  readonly profile: unknown;
  readonly summary: unknown;
}

/** Stores a dataset version: its manifest last, and only with it the version counts. */
export async function storeVersion(home: Home, manifest: DatasetManifest, rows: VersionRows): Promise<void> {
  await storeRows(home, versionFolder(manifest.dataset, manifest.version), rows);
  await storeManifest(home, manifest);
}

/** Stores what a version holds, in whose place nothing is put that is there. */
export async function storeRows(
  home: Home,
  folder: string,
  { dataFile, profile, summary }: VersionRows,
): Promise<void> {
  await home.data.upload(`${folder}/${VERSION_FILES.rows}`, dataFile, { ifAbsent: true });
  await home.data.put(`${folder}/${VERSION_FILES.profile}`, JSON.stringify(profile), { ifAbsent: true });
  await home.data.put(`${folder}/${VERSION_FILES.summary}`, JSON.stringify(summary), { ifAbsent: true });
}

/** Makes a version count. @returns false when it did already */
export const storeManifest = (home: Home, manifest: DatasetManifest): Promise<boolean> =>
  home.data.put(versionKey(manifest.dataset, manifest.version, 'manifest'), JSON.stringify(manifest, null, 2), {
    ifAbsent: true,
  });

/** A dataset has versions under keys of an earlier version of this program. */
export class FormerDatasetError extends Error {
  override readonly name = 'FormerDatasetError';
  constructor(dataset: string, key: string) {
    super(
      `dataset ${dataset} has versions that an earlier version of this program wrote, which this one cannot read (${key}): move them elsewhere first`,
    );
  }
}

/** Drops claim their version at the same time; each round one of them gets on. */
const MAX_CLAIMS = 1_000;

/** What the rows of a version were made by. */
export interface Terms {
  /** Digest of the contract. */
  readonly contract: string;
  /** What was really done with the personal columns. */
  readonly personal: Treated;
}

/**
 * The version number of a drop: the one it claimed before, or the next free one. A claim whose work was never
 * finished leaves a gap in the numbers and nothing else. Work that was broken off is taken up only under the terms
 * that it was begun by: a version never holds rows of one contract and the manifest of another, nor rows that were
 * made without the privacy keys and the manifest of rows that were made with them.
 *
 * @throws FormerDatasetError
 */
export async function claimVersion(home: Home, dataset: string, drop: string, terms: Terms): Promise<number> {
  const marker = `${datasetDrops(dataset)}${drop}-${digestOf(canonical(terms)).slice(0, 12)}.json`;
  const known = await home.data.head(marker);
  if (known) return z.object({ version: z.int() }).parse(await readJson(home, marker)).version;
  let version = 0;
  for await (const { key } of home.data.list(datasetFolder(dataset))) {
    const claimed = versionOfKey(key);
    if (FORMER_VERSION.test(key)) throw new FormerDatasetError(dataset, key);
    if (claimed?.file === VERSION_FILES.claim) version = Math.max(version, claimed.version);
  }
  for (let attempt = 0; attempt < MAX_CLAIMS; attempt++) {
    version++;
    if (!(await home.data.put(versionKey(dataset, version, 'claim'), drop, { ifAbsent: true }))) continue;
    // Two deliveries of one drop may both have claimed a number: the first marker decides for both.
    if (await home.data.put(marker, JSON.stringify({ version }), { ifAbsent: true })) return version;
    return z.object({ version: z.int() }).parse(await readJson(home, marker)).version;
  }
  throw new Error(`no free version number for dataset ${dataset} after ${MAX_CLAIMS} tries`);
}

export async function readJson(home: Home, key: string): Promise<unknown> {
  return JSON.parse(new TextDecoder().decode(await home.data.get(key)));
}
