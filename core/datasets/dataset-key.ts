/** Where dataset versions are kept in the store of data; a dataset's name and a slash follow. */
export const DATASETS = 'datasets/';

/**
 * Files of a dataset version. Whoever reads a folder as a table passes over names that begin with an underscore, so that
 * what is said of the rows lies beside them.
 */
export const VERSION_FILES = {
  rows: 'data.parquet',
  /** Written last: with it the version counts. */
  manifest: '_manifest.json',
  profile: '_profile.json',
  summary: '_summary.json',
  /** Who has taken the number. */
  claim: '_claim',
} as const;

export const datasetFolder = (dataset: string): string => `${DATASETS}${dataset}/`;

/**
 * Where it is noted which version a dataset's drops claimed, and who is about to store a verdict or to erase: apart from
 * the versions, whose folder is read as a table.
 */
export const datasetDrops = (dataset: string): string => `drops/${dataset}/`;

/** Column that the folders of versions are named by. */
export const VERSION_COLUMN = 'dataset_version';

/**
 * The folder of a version, named as Hive names partitions, without a slash behind it:
 * `datasets/flights/dataset_version=000001`.
 */
export const versionFolder = (dataset: string, version: number): string =>
  `${datasetFolder(dataset)}${VERSION_COLUMN}=${String(version).padStart(6, '0')}`;

/** Key of a file of a version. */
export const versionKey = (dataset: string, version: number, file: keyof typeof VERSION_FILES): string =>
  `${versionFolder(dataset, version)}/${VERSION_FILES[file]}`;

/** Number and file of a key within a version's folder; undefined for any other key. */
export function versionOfKey(key: string): { version: number; file: string } | undefined {
  const [, version, file] = /\/dataset_version=(\d{6})\/([^/]+)$/.exec(key) ?? [];
  return version === undefined ? undefined : { version: Number(version), file: file! };
}

/** Keys of versions as earlier versions of this program wrote them: `datasets/flights/000001/…`. */
export const FORMER_VERSION = /^datasets\/[^/]+\/\d{6}\//;
