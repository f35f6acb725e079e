import { rm } from 'node:fs/promises';
import path from 'node:path';
import { isPersonal, needsKeys, type PrivacyKeys } from '../../core/contract/personal.ts';
import { versionFolder } from '../../core/datasets/dataset-key.ts';
import { digestOf, digestOfFile } from '../../platform/digest.ts';
import type { Home } from '../../platform/ports.ts';
import { makeTemporaryFolder } from '../../platform/temporary-folder.ts';
import { countRejected } from './count-records.ts';
import { csvHeader } from './csv-header-text.ts';
import { type DatasetRules, loadContract } from './dataset-contract.ts';
import { claimVersion, type HeldContract, readJson, storeVersion } from './dataset-version.ts';
import { plainDialect } from './dialect.ts';
import { dropId, fileId, type JudgedBy, termsOfDrop } from './drop-id.ts';
import { beginVerdict, endVerdict } from './erasure-marks.ts';
import { DropSizeMismatchError, FileRejectedError, NoContractError } from './errors.ts';
import { reportsOfFile } from './find-reports.ts';
import { firstQuarantined } from './first-quarantined.ts';
import { privacyMetricLine } from './metrics.ts';
import { isPublished, publish } from './publish-report.ts';
import { type DropReport, renderReport } from './report.ts';
import { unpackFile } from './unpack-file.ts';
import { rejectedFile, type ValidateOptions, validateFile } from './validate-file.ts';
import type { ValidationView } from './validation-view.ts';
import { withinTime } from './within-time.ts';

export interface Drop {
  readonly key: string;
  /** The very write that the event was about. @default the latest */
  readonly versionId?: string;
  /** How long it is by the event. A file that comes shorter is not judged as if it were whole. */
  readonly bytes?: number;
}

/** How a drop is judged. */
export interface DropOptions {
  /** Where somebody wants it judged again. */
  readonly again?: Again;
  /** Time until it must be judged, milliseconds; storing the verdict takes more. @default as long as any function may run */
  readonly timeMs?: number;
}

/** Somebody wants a drop judged again. */
export interface Again {
  /** Who. */
  readonly by: string;
  /** Also where the same contract has judged it already. */
  readonly force: boolean;
}

/** The report of a drop, and whether it had been processed before: then nothing was done this time. */
export type DropOutcome = DropReport & { readonly repeated?: true };

/** Memory of the engine, MB. */
const MEMORY_MB = 1024;

/** The longest that a function may run: what takes longer here would never be done there. */
const MAX_MS = 900_000;

/**
 * Judges a drop under `incoming/<dataset>/`: good rows become a numbered, immutable dataset version with its profile,
 * bad rows go to quarantine with their reasons, and a report says what happened. Processed once by key, content and
 * contract: the same drop delivered twice gives the report of the first time, and under another contract than that of the
 * last verdict on it it is judged anew, also under one that had judged it before: the last verdict is what holds. A dataset's versions are numbered in the order in which they were judged, which need not be that in which their
 * files were written: `source.writtenAt` tells that one.
 *
 * @throws ObjectNotFoundError when the object, or that very write of it, is gone, or rows were erased from it meanwhile
 * @throws DropDiffersError
 * @throws ResourceExhaustedError when memory, disk or time did not suffice
 */
export async function validateDrop(
  home: Home,
  drop: Drop,
  { again, timeMs = MAX_MS }: DropOptions = {},
): Promise<DropOutcome> {
  const end = performance.now() + timeMs;
  const dataset = datasetOf(drop.key);
  const work = await makeTemporaryFolder('drop');
  try {
    const file = path.join(work, path.basename(drop.key));
    const info = await home.data.download(drop.key, file, drop.versionId);
    if (drop.bytes !== undefined && info.bytes !== drop.bytes)
      throw new DropSizeMismatchError(drop.key, info.bytes, drop.bytes);
    const sha256 = await digestOfFile(file);
    const rules = await contractFor(home, dataset);
    const id = await idFor(home, { dataset, key: drop.key, sha256, rules, force: again?.force ?? false });
    const base = reportBase(dataset, id);
    if (await home.data.head(`${base}.json`)) {
      const report = (await readJson(home, `${base}.json`)) as DropReport;
      // Whoever wrote it may have been killed before anybody was told, or the bus may have been down.
      if (!(await isPublished(home, report))) await publish(home, report);
      return { ...report, repeated: true };
    }

    const now = home.clock.now();
    const personal = { owner: dataset, keys: await privacyKeysFor(home, dataset, rules) };
    const outDir = path.join(work, 'out');
    const options = { outDir, now, memoryMb: MEMORY_MB, personal };
    const { view: verdict, header } = await withinTime(end - performance.now(), (signal) =>
      validateContent(file, rules, { ...options, signal }),
    );
    const mark = await beginVerdict(home, { dataset, drop: id, info });
    const quarantine = quarantineFolder(dataset, id);
    const source = {
      key: drop.key,
      versionId: info.versionId,
      writtenAt: info.modifiedAt.toISOString(),
      sha256,
      bytes: info.bytes,
    };
    const sample = await firstQuarantined(verdict.quarantineFile);
    if (verdict.quarantineFile) await home.data.upload(`${quarantine}/rows.jsonl`, verdict.quarantineFile);
    if (verdict.verdict === 'rejected') {
      // A copy would keep personal values in the clear; the digest says which file it was.
      const kept = rules !== undefined && !isPersonal(rules.contract);
      if (kept) await home.data.upload(`${quarantine}/source${path.extname(drop.key)}`, file);
      const why = rules !== undefined ? 'the contract marks personal fields' : 'no contract says what is personal';
      const copy = kept ? {} : { copy: `none is kept, for ${why}: the drop itself stays where it was put` };
      await home.data.put(
        `${quarantine}/rejected.json`,
        JSON.stringify({ dataset, drop: id, source, at: now.toISOString(), ...verdict.rejection, ...copy }, null, 2),
      );
    }
    const contract = rules === undefined ? null : heldContract(rules);
    const version =
      verdict.dataFile === null || contract === null
        ? null
        : await claimVersion(home, dataset, id, { contract: contract.digest, personal: verdict.personal ?? {} });
    const earlier = await reportsOfFile(home, dataset, id);
    const follows = earlier.findLast((report) => report.drop !== id)?.drop ?? null;
    const report: DropReport = {
      dataset,
      drop: id,
      source,
      at: now.toISOString(),
      by: again?.by ?? null,
      contract,
      follows,
      mends: null,
      verdict: verdict.verdict,
      rejection: verdict.rejection,
      rows: verdict.rows,
      lines: verdict.lines,
      reasons: verdict.reasons,
      personal: verdict.personal,
      columns: verdict.columns,
      delimiter: verdict.delimiter,
      header,
      version,
      places: {
        dataset: version === null ? null : versionFolder(dataset, version),
        quarantine: verdict.verdict === 'rejected' || verdict.quarantineFile ? quarantine : null,
        report: `${base}.html`,
      },
      judgedAs: null,
    };
    if (version !== null && contract !== null && verdict.dataFile !== null)
      await storeVersion(
        home,
        {
          dataset,
          version,
          drop: id,
          source,
          contract,
          follows,
          returned: null,
          rows: report.rows.accepted,
          ...(report.personal ? { personal: report.personal } : {}),
          createdAt: report.at,
        },
        { ...verdict, dataFile: verdict.dataFile },
      );
    const html = renderReport(report, {
      profile: verdict.profile ?? undefined,
      summary: verdict.summary ?? undefined,
      baseline: rules?.baseline,
      sample,
    });
    await home.data.put(`${base}.html`, html, { contentType: 'text/html; charset=utf-8' });
    // The JSON report is what marks a drop as processed, so it comes after everything it speaks of. Of two deliveries
    // at once the first to write it tells the world.
    const first = await home.data.put(`${base}.json`, JSON.stringify(report, null, 2), {
      contentType: 'application/json',
      ifAbsent: true,
    });
    await endVerdict(home, mark);
    if (first) await publish(home, report);
    return first ? report : { ...report, repeated: true };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Where the reports of a drop are, without their endings. */
export const reportBase = (dataset: string, drop: string): string => `reports/validation/${dataset}/${drop}/report`;

/** Where the quarantined rows of a drop are. */
export const quarantineFolder = (dataset: string, drop: string): string => `quarantine/${dataset}/${drop}`;

/** The dataset of a drop's key: `incoming/<dataset>/<file>`. */
export function datasetOf(key: string): string {
  const match = /^incoming\/([A-Za-z0-9][A-Za-z0-9._-]{0,127})\/.+$/.exec(key);
  if (!match) throw new FileRejectedError('format', `a drop's key is incoming/<dataset>/<file>, received ${key}`);
  return match[1]!;
}

/** The contract of a dataset as its versions and reports name it. */
export const heldContract = ({ contract, source }: DatasetRules): HeldContract => ({
  digest: digestOf(JSON.stringify(contract)),
  source,
});

/** The rules of a dataset; undefined where it has none. What else hinders is thrown. */
export async function contractFor(home: Home, dataset: string): Promise<DatasetRules | undefined> {
  try {
    return await loadContract(home, dataset);
  } catch (error) {
    if (error instanceof NoContractError) return undefined;
    throw error;
  }
}

/** What a file is judged by under the rules of its dataset. */
export const judgedBy = (rules: DatasetRules | undefined): JudgedBy => ({
  contract: rules === undefined ? null : heldContract(rules).digest,
  ...(rules?.contract.file.maxPsi === undefined ? {} : { baseline: rules.baselineName ?? 'none' }),
});

interface FileOfDataset {
  readonly dataset: string;
  readonly key: string;
  readonly sha256: string;
  readonly rules: DatasetRules | undefined;
  readonly force: boolean;
}

/**
 * The id of a drop under the rules of its dataset. Where the last verdict on the file is by these very rules, it is that
 * one; where they have judged it before another contract did, or by force, one that nothing was judged under.
 */
async function idFor(home: Home, { dataset, key, sha256, rules, force }: FileOfDataset): Promise<string> {
  const by = judgedBy(rules);
  // Of a file that rows were erased from, a report still has the id that it was judged under: its terms are the same.
  const terms = (await reportsOfFile(home, dataset, fileId(key, sha256))).map(({ drop }) => termsOfDrop(drop));
  const known = new Set(terms);
  let id = dropId(key, sha256, by);
  for (let round = 2; known.has(termsOfDrop(id)); round++) {
    if (!force && terms.at(-1) === termsOfDrop(id)) return id;
    id = dropId(key, sha256, { ...by, round });
  }
  return id;
}

/**
 * The privacy keys, when the rules of a dataset need them. Judging goes on without: columns to be hashed or encrypted
 * are dropped then, which the log, a metric and the report say.
 */
export async function privacyKeysFor(
  home: Home,
  dataset: string,
  rules: DatasetRules | undefined,
): Promise<PrivacyKeys | undefined> {
  if (rules === undefined || !needsKeys(rules.contract)) return undefined;
  let keys: PrivacyKeys | undefined;
  try {
    keys = await home.privacy();
  } catch (error) {
    process.emitWarning(
      `the privacy secret cannot be had: personal columns of ${dataset} are dropped: ${(error as Error).message}`,
    );
  }
  home.metrics.write(
    privacyMetricLine({ environment: home.metrics.environment, dataset, at: home.clock.now() }, keys === undefined),
  );
  return keys;
}

/** What a file was found to be, and its header where it has quarantined rows that are to be shown under one. */
interface JudgedContent {
  readonly view: ValidationView;
  readonly header: string | null;
}

async function validateContent(
  file: string,
  rules: DatasetRules | undefined,
  options: Omit<ValidateOptions, 'baseline'>,
): Promise<JudgedContent> {
  try {
    const plain = await unpackFile(file, path.dirname(file), options.signal);
    if (rules === undefined) {
      const { message } = new NoContractError(options.personal?.owner ?? '');
      const counts = await countRejected(plain, plainDialect(plain), options.signal);
      return { view: rejectedFile({ rule: 'schema', message }, counts), header: null };
    }
    const view = await validateFile(plain, rules.contract, {
      ...options,
      ...(rules.baseline ? { baseline: rules.baseline } : {}),
    });
    // Only where the columns were found to be those of the contract: any other first line may be a row.
    const headed = view.quarantineFile !== null && /\.[ct]sv$/.test(plain);
    return { view, header: headed ? await csvHeader(plain) : null };
  } catch (error) {
    if (error instanceof FileRejectedError) return { view: rejectedFile(error), header: null };
    throw error;
  }
}
