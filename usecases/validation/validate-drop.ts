import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { isPersonal, needsKeys, type PrivacyKeys } from '../../core/contract/personal.ts';
import { digestOf, digestOfFile } from '../../platform/digest.ts';
import type { Home } from '../../platform/ports.ts';
import { announceReport } from '../reports/announce-report.ts';
import { loadContract } from './dataset-contract.ts';
import { claimVersion, type DatasetManifest, readJson, versionFolder } from './dataset-version.ts';
import { DropSizeMismatchError, FileRejectedError, NoContractError } from './errors.ts';
import { firstQuarantined } from './first-quarantined.ts';
import { datasetMetricLine, privacyMetricLine } from './metrics.ts';
import { type DropReport, renderReport } from './report.ts';
import { rejectedFile, type ValidateOptions, validateFile } from './validate-file.ts';
import type { ValidationView } from './validation-view.ts';

export interface Drop {
  readonly key: string;
  /** The very write that the event was about. @default the latest */
  readonly versionId?: string;
  /** How long it is by the event. A file that comes shorter is not judged as if it were whole. */
  readonly bytes?: number;
}

/** Largest file after decompression: more would not fit the function's temporary folder. */
const MAX_BYTES = 4 * 1024 ** 3;

/** The report of a drop, and whether it had been processed before: then nothing was done this time. */
export type DropOutcome = DropReport & { readonly repeated?: true };

/**
 * Judges a drop under `incoming/<dataset>/`: good rows become a numbered, immutable dataset version with its profile,
 * bad rows go to quarantine with their reasons, and a report says what happened. Processed once by key and content:
 * the same drop delivered twice gives the report of the first time. A dataset's versions are numbered in the order in
 * which they were judged, which need not be that in which their files were written: `source.writtenAt` tells that one.
 *
 * @throws ObjectNotFoundError when the object, or that very write of it, is gone
 * @throws DropDiffersError
 */
export async function validateDrop(home: Home, drop: Drop): Promise<DropOutcome> {
  const dataset = datasetOf(drop.key);
  const work = await mkdtemp(path.join(os.tmpdir(), 'trimtab-drop-'));
  try {
    const file = path.join(work, path.basename(drop.key));
    const info = await home.data.download(drop.key, file, drop.versionId);
    if (drop.bytes !== undefined && info.bytes !== drop.bytes)
      throw new DropSizeMismatchError(drop.key, info.bytes, drop.bytes);
    const sha256 = await digestOfFile(file);
    const id = dropId(drop.key, sha256);
    const base = `reports/validation/${dataset}/${id}/report`;
    if (await home.data.head(`${base}.json`)) {
      const report = (await readJson(home, `${base}.json`)) as DropReport;
      // Whoever wrote it may have been killed before anybody was told, or the bus may have been down.
      if (!(await home.data.head(publishedMarkerKey(report)))) await publish(home, report);
      return { ...report, repeated: true };
    }

    const rules = await loadContract(home, dataset).catch((error: unknown) => error);
    const now = home.clock.now();
    const personal = { owner: dataset, keys: await keysFor(home, dataset, rules) };
    const outDir = path.join(work, 'out');
    const verdict = await validateContent(file, rules, { outDir, now, memoryMb: 1024, personal });
    const quarantine = `quarantine/${dataset}/${id}`;
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
      const kept = isRules(rules) && !isPersonal(rules.contract);
      if (kept) await home.data.upload(`${quarantine}/source${path.extname(drop.key)}`, file);
      const why = isRules(rules) ? 'the contract marks personal fields' : 'no contract says what is personal';
      const copy = kept ? {} : { copy: `none is kept, for ${why}: the drop itself stays where it was put` };
      await home.data.put(
        `${quarantine}/rejected.json`,
        JSON.stringify({ dataset, drop: id, source, at: now.toISOString(), ...verdict.rejection, ...copy }, null, 2),
      );
    }
    const known = isRules(rules) ? rules : undefined;
    const contract = known && digestOf(JSON.stringify(known.contract));
    const version =
      verdict.dataFile === null || contract === undefined
        ? null
        : await claimVersion(home, dataset, id, { contract, personal: verdict.personal ?? {} });
    const report: DropReport = {
      dataset,
      drop: id,
      source,
      at: now.toISOString(),
      verdict: verdict.verdict,
      rejection: verdict.rejection,
      rows: verdict.rows,
      lines: verdict.lines,
      reasons: verdict.reasons,
      personal: verdict.personal,
      columns: verdict.columns,
      version,
      places: {
        dataset: version === null ? null : versionFolder(dataset, version),
        quarantine: verdict.verdict === 'rejected' || verdict.quarantineFile ? quarantine : null,
        report: `${base}.html`,
      },
      judgedAs: null,
    };
    if (version !== null) await keepVersion(home, report, verdict, contract!);
    const html = renderReport(report, {
      profile: verdict.profile ?? undefined,
      summary: verdict.summary ?? undefined,
      baseline: known?.baseline,
      sample,
    });
    await home.data.put(`${base}.html`, html, { contentType: 'text/html; charset=utf-8' });
    // The JSON report is what marks a drop as processed, so it comes after everything it speaks of. Of two deliveries
    // at once the first to write it tells the world.
    const first = await home.data.put(`${base}.json`, JSON.stringify(report, null, 2), {
      contentType: 'application/json',
      ifAbsent: true,
    });
    if (first) await publish(home, report);
    return first ? report : { ...report, repeated: true };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Identifies a drop: its key and its content. */
export const dropId = (key: string, sha256: string): string => digestOf(`${key}\n${sha256}`).slice(0, 20);

/** The dataset of a drop's key: `incoming/<dataset>/<file>`. */
export function datasetOf(key: string): string {
  const match = /^incoming\/([A-Za-z0-9][A-Za-z0-9._-]{0,127})\/.+$/.exec(key);
  if (!match) throw new FileRejectedError('format', `a drop's key is incoming/<dataset>/<file>, received ${key}`);
  return match[1]!;
}

type Rules = Awaited<ReturnType<typeof loadContract>>;
const isRules = (rules: unknown): rules is Rules => typeof rules === 'object' && rules !== null && 'contract' in rules;

/**
 * The privacy keys, when the rules of a dataset need them. Judging goes on without: columns to be hashed or encrypted
 * are dropped then, which the log, a metric and the report say.
 */
async function keysFor(home: Home, dataset: string, rules: unknown): Promise<PrivacyKeys | undefined> {
  if (!isRules(rules) || !needsKeys(rules.contract)) return undefined;
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

async function validateContent(
  file: string,
  rules: unknown,
  options: Omit<ValidateOptions, 'baseline'>,
): Promise<ValidationView> {
  if (!isRules(rules)) {
    if (rules instanceof NoContractError) return rejectedFile({ rule: 'schema', message: rules.message });
    throw rules;
  }
  try {
    const plain = await unpacked(file);
    return await validateFile(plain, rules.contract, { ...options, baseline: rules.baseline });
  } catch (error) {
    if (error instanceof FileRejectedError) return rejectedFile(error);
    throw error;
  }
}

/** A gzipped file's content beside it; any other file itself. */
async function unpacked(file: string): Promise<string> {
  if (!file.endsWith('.gz')) return file;
  const target = file.slice(0, -'.gz'.length);
  let bytes = 0;
  try {
    await pipeline(
      createReadStream(file),
      createGunzip(),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          bytes += chunk.length;
          if (bytes > MAX_BYTES) throw new FileRejectedError('volume', `more than ${MAX_BYTES} bytes when unpacked`);
          yield chunk;
        }
      },
      createWriteStream(target),
    );
  } catch (error) {
    if (error instanceof FileRejectedError) throw error;
    throw new FileRejectedError('format', `cannot be unpacked: ${(error as Error).message}`, { cause: error });
  }
  return target;
}

async function keepVersion(home: Home, report: DropReport, verdict: ValidationView, contract: string): Promise<void> {
  const folder = report.places.dataset!;
  await home.data.upload(`${folder}/data.parquet`, verdict.dataFile!, { ifAbsent: true });
  await home.data.put(`${folder}/profile.json`, JSON.stringify(verdict.profile), { ifAbsent: true });
  await home.data.put(`${folder}/summary.json`, JSON.stringify(verdict.summary), { ifAbsent: true });
  const manifest: DatasetManifest = {
    dataset: report.dataset,
    version: report.version!,
    drop: report.drop,
    source: report.source,
    contract,
    rows: report.rows.accepted,
    ...(report.personal ? { personal: report.personal } : {}),
    createdAt: report.at,
  };
  await home.data.put(`${folder}/manifest.json`, JSON.stringify(manifest, null, 2), { ifAbsent: true });
}

const publishedMarkerKey = ({ dataset, drop }: DropReport): string => `reports/validation/${dataset}/${drop}/published`;

/** Publishes the result at least once: a marker is written afterwards. */
async function publish(home: Home, report: DropReport): Promise<void> {
  const { dataset, drop, verdict, version, rows, places } = report;
  await home.bus.publish({
    source: 'trimtab',
    detailType: 'Drop Validated',
    detail: { dataset, drop, verdict, version, rows, report: places.report },
  });
  const now = home.clock.now();
  home.metrics.write(
    datasetMetricLine({ environment: home.metrics.environment, dataset, at: now }, verdict === 'rejected', rows),
  );
  await announceReport(home, places.report, {
    at: Date.parse(report.at),
    verdict,
    detail: `${rows.quarantined} of ${rows.records} quarantined`,
  });
  await home.data.put(publishedMarkerKey(report), now.toISOString());
}
