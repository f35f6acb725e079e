import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Contract } from '../../core/contract/contract.ts';
import { isPersonal } from '../../core/contract/personal.ts';
import { RedactedError } from '../../core/contract/redacted-error.ts';
import { ruleOfCode, sqlTypeOf, valueSql, violationsSql } from '../../core/contract/sql.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { type Duck, identifier, literal, withDuck } from '../../platform/duckdb/connection.ts';
import { summarizeRelation } from '../../platform/duckdb/profile.ts';
import { FileRejectedError } from './errors.ts';
import { TYPED_ROWS } from './exact-columns.ts';
import { checkDistribution, checkFreshness, checkVolume } from './file-checks.ts';
import { type Loaded, loadFile } from './load-file.ts';
import { type PersonalOptions, type PersonalSql, personalSql } from './personal-columns.ts';
import { profiledColumns, summaryTerms } from './profiled-columns.ts';
import { quarantineRows, unreadableReason } from './quarantine-rows.ts';
import type { ValidationView } from './validation-view.ts';

export interface ValidateOptions {
  /** Folder for the good rows (`data.parquet`) and the quarantined ones (`rows.jsonl`). */
  readonly outDir: string;
  /** Bins and, with `maxPsi`, the distribution that the file is held against. */
  readonly baseline?: Profile;
  /** Instant of arrival, for `maxAgeDays`. */
  readonly now: Date;
  /** Memory of the engine, MB. @default 384 */
  readonly memoryMb?: number;
  /** Personal columns. @default those to be hashed or encrypted are dropped */
  readonly personal?: PersonalOptions;
}

/**
 * Validates a data file against a contract: good rows and quarantined ones apart, each of the latter with its reasons;
 * a file that breaks the contract as a whole is rejected whole.
 */
export async function validateFile(
  file: string,
  contract: Contract,
  options: ValidateOptions,
): Promise<ValidationView> {
  try {
    return await checkFile(file, contract, options);
  } catch (error) {
    // The engine shows the values that it stumbles over.
    throw isPersonal(contract) ? new RedactedError(error) : error;
  }
}

async function checkFile(file: string, contract: Contract, options: ValidateOptions): Promise<ValidationView> {
  await mkdir(options.outDir, { recursive: true });
  return withDuck({ memoryMb: options.memoryMb ?? MEMORY_MB }, async (duck) => {
    let loaded: Loaded;
    try {
      loaded = await loadFile(duck, file, contract);
    } catch (error) {
      if (!(error instanceof FileRejectedError)) throw error;
      return rejectedFile(withoutValues(error, contract));
    }
    const personal = personalSql(duck, contract, loaded.columns, options.personal ?? { owner: '' });
    const reasons = await checkRows(duck, contract);
    const quarantined = loaded.unreadable.length + reasons.badRows;
    const rows = { lines: loaded.lines, accepted: loaded.lines - quarantined, quarantined };
    const target = path.join(options.outDir, 'rows.jsonl');
    const quarantineFile =
      quarantined > 0 ? await quarantineRows({ duck, file, contract, loaded, personal, target }) : null;
    const found = reasonCounts(contract, reasons.counts, loaded);
    const kept = {
      quarantineFile,
      columns: loaded.columns,
      personal: Object.keys(personal.treated).length === 0 ? null : personal.treated,
    };
    // From here on only what breaks nothing counts: a plain scan gives it back in the order of the file.
    if (quarantined > 0) await duck.run('DELETE FROM rows WHERE rowid IN (SELECT id FROM bad)');
    try {
      checkVolume(contract, rows);
      const { profile, summary } = await summarizeRelation(
        duck,
        TYPED_ROWS,
        profiledColumns(contract, loaded.columns),
        { reference: options.baseline, ...summaryTerms(contract) },
      );
      await checkFreshness(duck, contract, options.now);
      checkDistribution(contract, profile, options.baseline);
      const dataFile = path.join(options.outDir, 'data.parquet');
      await duck.run(
        `COPY (SELECT ${datasetColumns(contract, loaded.columns, personal)} FROM ${TYPED_ROWS}) TO ${literal(dataFile)} (FORMAT parquet, COMPRESSION zstd)`,
      );
      return { verdict: 'accepted', rejection: null, rows, reasons: found, profile, summary, dataFile, ...kept };
    } catch (error) {
      if (!(error instanceof FileRejectedError)) throw error;
      return { ...rejectedFile(error, { ...rows, accepted: 0, quarantined: rows.lines }, found), ...kept };
    }
  });
}

/** Memory of the engine; the process goes about 250 MB over it. */
const MEMORY_MB = 384;

/** A file that was rejected whole, before or after its rows could be counted. */
export function rejectedFile(
  { rule, message }: Pick<FileRejectedError, 'rule' | 'message'>,
  rows: ValidationView['rows'] = { lines: 0, accepted: 0, quarantined: 0 },
  reasons: ValidationView['reasons'] = [],
): ValidationView {
  return {
    verdict: 'rejected',
    rejection: { rule, reason: message },
    rows,
    reasons,
    personal: null,
    profile: null,
    summary: null,
    columns: [],
    dataFile: null,
    quarantineFile: null,
  };
}

/** What the engine said of a file may hold its values: only the sentence before it is told. */
function withoutValues(error: FileRejectedError, contract: Contract): FileRejectedError {
  if (error.cause === undefined || !isPersonal(contract)) return error;
  const [sentence] = error.message.split(':');
  return new FileRejectedError(error.rule, `${sentence}; more is withheld, for the contract marks personal fields`);
}

interface CheckedRows {
  readonly badRows: number;
  readonly counts: { feature: number; code: number; rows: number }[];
}

/** Makes the table `bad`: ids of the rows that break a rule, with a code per feature; `cdup` is 1 for duplicates. */
async function checkRows(duck: Duck, contract: Contract): Promise<CheckedRows> {
  await duck.run(`CREATE TEMP TABLE broken AS ${violationsSql(contract, TYPED_ROWS)}`);
  const keys = contract.file.unique.map((name) => keySql(contract, name));
  await duck.run(
    keys.length === 0
      ? 'CREATE TEMP TABLE doubles AS SELECT 0::BIGINT AS id WHERE false'
      : // Of rows that are otherwise good the first stays; nulls are no keys.
        `CREATE TEMP TABLE doubles AS SELECT rowid AS id FROM ${TYPED_ROWS} WHERE rowid NOT IN (SELECT id FROM broken) AND ${keys.map((k) => `${k} IS NOT NULL`).join(' AND ')} QUALIFY row_number() OVER (PARTITION BY ${keys.join(', ')} ORDER BY rowid) > 1`,
  );
  await duck.run(
    'CREATE TEMP TABLE bad AS SELECT * FROM (SELECT *, 0::TINYINT AS cdup FROM broken) UNION ALL BY NAME SELECT id, 1::TINYINT AS cdup FROM doubles',
  );
  const [{ n } = { n: 0n }] = await duck.rows('SELECT count(*) AS n FROM bad');
  const counts: CheckedRows['counts'] = [];
  for (const i of contract.features.keys())
    for (const row of await duck.rows(`SELECT c${i} AS code, count(*) AS n FROM bad WHERE c${i} <> 0 GROUP BY ALL`))
      counts.push({ feature: i, code: Number(row.code), rows: Number(row.n) });
  const [{ d } = { d: 0n }] = await duck.rows('SELECT count(*) AS d FROM doubles');
  if (Number(d) > 0) counts.push({ feature: -1, code: 0, rows: Number(d) });
  return { badRows: Number(n), counts };
}

/** What tells rows apart: of an integer all its digits. */
function keySql({ features }: Contract, name: string): string {
  const feature = features.find((each) => each.name === name);
  return feature === undefined ? identifier(name) : valueSql(feature);
}

function reasonCounts(
  contract: Contract,
  counts: CheckedRows['counts'],
  { unreadable }: Loaded,
): ValidationView['reasons'] {
  const all = counts.map(({ feature, code, rows }): ValidationView['reasons'][number] => {
    if (feature === -1)
      return { feature: contract.file.unique.join(' + '), rule: 'duplicate', allowed: 'each key once', rows };
    const { name, allowed } = ruleOfCode(contract.features[feature]!, code);
    return { feature: contract.features[feature]!.name, rule: name, allowed, rows };
  });
  const lines = new Map<string, number>();
  for (const { column } of unreadable) lines.set(column ?? '', (lines.get(column ?? '') ?? 0) + 1);
  for (const [column, rows] of lines) {
    const { feature, rule, allowed } = unreadableReason(contract, 'a line of the table', column || undefined);
    all.push({ feature, rule, allowed, rows });
  }
  return all.sort((a, b) => b.rows - a.rows);
}

function datasetColumns(contract: Contract, columns: readonly string[], personal: PersonalSql): string {
  const kept = columns
    .filter((name) => personal.expression(name) !== undefined)
    .map((name) => {
      if (name in personal.treated) return `${personal.expression(name)} AS ${identifier(name)}`;
      const feature = contract.features.find((f) => f.name === name);
      const column = identifier(name);
      if (feature) return `${valueSql(feature)}::${sqlTypeOf(feature).dataset} AS ${column}`;
      return name === contract.data.time ? `TRY_CAST(${column} AS TIMESTAMP) AS ${column}` : column;
    });
  // A table needs a column, even where all are dropped.
  return kept.length === 0 ? 'NULL::INTEGER AS "(dropped)"' : kept.join(', ');
}
