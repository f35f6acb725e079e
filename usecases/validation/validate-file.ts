import path from 'node:path';
import { cellSql } from '../../core/contract/cells/cell-sql.ts';
import { columnRules } from '../../core/contract/column-rules.ts';
import type { Contract } from '../../core/contract/contract.ts';
import { isPersonal } from '../../core/contract/personal.ts';
import { RedactedError } from '../../core/contract/redacted-error.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { type Duck, identifier, literal, withDuck } from '../../platform/duckdb/connection.ts';
import { summarizeRelation } from '../../platform/duckdb/profile.ts';
import { makeFolder } from '../../platform/make-folder.ts';
import { describeBreach } from './breach-reasons.ts';
import { addDuplicates, countBreaches, countRows } from './breaches.ts';
import { countRejected, NOTHING_COUNTED, type RejectedCounts } from './count-records.ts';
import { ROW, ROWS, removeBreaches } from './create-cells.ts';
import { dialectOf } from './dialect.ts';
import { FileRejectedError, ResourceExhaustedError, resourceError } from './errors.ts';
import { checkDistribution, checkFreshness, checkVolume } from './file-checks.ts';
import { loadFile } from './load-file.ts';
import type { Loaded } from './loaded.ts';
import { type PersonalOptions, type PersonalSql, personalSql } from './personal-columns.ts';
import { profiledColumns, summaryTerms } from './profiled-columns.ts';
import { beginQuarantine, type Quarantine } from './quarantine-rows.ts';
import { unpackFile } from './unpack-file.ts';
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
  /** Ends the work early; what comes of it then is no verdict. */
  readonly signal?: AbortSignal;
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
    const why = resourceError(error);
    // The engine shows the values that it stumbles over.
    throw isPersonal(contract) && !(why instanceof ResourceExhaustedError) ? new RedactedError(why) : why;
  }
}

async function checkFile(file: string, contract: Contract, options: ValidateOptions): Promise<ValidationView> {
  makeFolder(options.outDir);
  return withDuck({ memoryMb: options.memoryMb ?? MEMORY_MB, signal: options.signal }, async (duck) => {
    let loaded: Loaded;
    let unpacked: string | undefined;
    try {
      unpacked = await unpackFile(file, duck.scratch, options.signal);
      loaded = await loadFile(duck, unpacked, contract, options.now);
    } catch (error) {
      if (!(error instanceof FileRejectedError)) throw error;
      const counts = unpacked && (await countRejected(unpacked, dialectOf(unpacked, contract), options.signal));
      return rejectedFile(withoutValues(error, contract), counts || undefined);
    }
    if (loaded.columns.length <= MANY_COLUMNS)
      await duck.run(`SET memory_limit = '${Math.ceil((options.memoryMb ?? MEMORY_MB) * AFTER_LOADING)}MB'`);
    const personal = personalSql(duck, contract, loaded.columns, options.personal ?? { owner: '' });
    await addDuplicates(
      duck,
      loaded.columns.map(({ name }) => name),
      contract,
    );
    const faults = [...loaded.faults.values()].reduce((sum, records) => sum + records, 0);
    const quarantined = faults + (await countRows(duck));
    const records = loaded.rows + faults;
    const rows = { records, accepted: records - quarantined, quarantined };
    const target = path.join(options.outDir, 'rows.jsonl');
    const quarantine = quarantined > 0 ? await beginQuarantine({ duck, contract, loaded, personal, target }) : NOTHING;
    try {
      const found = await reasonCounts(duck, contract, loaded);
      const judged = await judgeRows(duck, { contract, loaded, personal, rows }, options);
      const quarantinedLines = await quarantine.lines;
      const { total, header, blank } = loaded.lines;
      const accepted = total - header - blank - quarantinedLines;
      const counts = { rows, lines: { total, header, blank, accepted, quarantined: quarantinedLines } };
      const kept = {
        quarantineFile: quarantined > 0 ? target : null,
        columns: fieldNames(loaded),
        delimiter: loaded.format === 'csv' ? dialectOf(loaded.file, contract).delimiter : null,
        personal: Object.keys(personal.treated).length === 0 ? null : personal.treated,
      };
      return judged instanceof FileRejectedError
        ? { ...rejectedFile(judged, rejectedCounts(counts), found), ...kept }
        : { verdict: 'accepted', rejection: null, ...counts, reasons: found, ...judged, ...kept };
    } finally {
      // Whatever happens, nothing is written any more once it is told.
      await Promise.allSettled([quarantine.lines]);
    }
  });
}

const NOTHING: Quarantine = { lines: Promise.resolve(0) };

interface Judged {
  readonly contract: Contract;
  readonly loaded: Loaded;
  readonly personal: PersonalSql;
  readonly rows: RejectedCounts['rows'];
}

/** Profiles the good rows, asks what a file as a whole is held to, and writes them. */
async function judgeRows(
  duck: Duck,
  { contract, loaded, personal, rows }: Judged,
  options: ValidateOptions,
): Promise<Pick<ValidationView, 'profile' | 'summary' | 'dataFile'> | FileRejectedError> {
  const names = loaded.columns.map(({ name }) => name);
  // From here on only what breaks nothing counts: a plain scan gives it back in the order of the file.
  await removeBreaches(duck);
  try {
    checkVolume(contract, rows);
    const { profile, summary } = await summarizeRelation(duck, ROWS, profiledColumns(contract, names), {
      reference: options.baseline,
      row: ROW,
      ...summaryTerms(contract),
    });
    await checkFreshness(duck, contract, options.now);
    checkDistribution(contract, profile, options.baseline);
    const dataFile = path.join(options.outDir, 'data.parquet');
    await duck.run(
      `COPY (SELECT ${datasetColumns({ contract, loaded, personal })} FROM ${ROWS}) TO ${literal(dataFile)} (FORMAT parquet, COMPRESSION zstd${dictionaries(names.length, rows.records)})`,
    );
    return { profile, summary, dataFile };
  } catch (error) {
    if (error instanceof FileRejectedError) return error;
    throw error;
  }
}

/** Of a file that is rejected whole no record is accepted. */
const rejectedCounts = ({ rows, lines }: RejectedCounts): RejectedCounts => ({
  rows: { ...rows, accepted: 0, quarantined: rows.records },
  lines: { ...lines, accepted: 0, quarantined: lines.accepted + lines.quarantined },
});

/** With more columns the dictionaries that the writer keeps of each would not fit into memory. */
const MANY_COLUMNS = 100;
const SMALL_DICTIONARIES = ', STRING_DICTIONARY_PAGE_SIZE_LIMIT 8192, DICTIONARY_SIZE_LIMIT 256';
/** Of what has more values a dictionary is seldom the smaller form, and the writer makes one before it sees so. */
const MAX_DICTIONARY = 8_192;
/** The writer itself gives dictionaries a fifth of the rows. */
const MANY_ROWS = 5 * MAX_DICTIONARY;

function dictionaries(columns: number, rows: number): string {
  if (columns > MANY_COLUMNS) return SMALL_DICTIONARIES;
  return rows > MANY_ROWS ? `, DICTIONARY_SIZE_LIMIT ${MAX_DICTIONARY}` : '';
}

/**
 * Share of the engine's memory that is left to it once a file is loaded: blocks of the table that it keeps for later give
 * way to what the aggregates and the writer of Parquet hold beside its limit, which it does not count. Of very many columns
 * the writer counts most.
 */
const AFTER_LOADING = 0.75;

/** Memory of the engine; the process goes about 250 MB over it. */
const MEMORY_MB = 384;

/** A file that was rejected whole, before or after its rows could be counted. */
export function rejectedFile(
  { rule, message }: Pick<FileRejectedError, 'rule' | 'message'>,
  counts: RejectedCounts = NOTHING_COUNTED,
  reasons: ValidationView['reasons'] = [],
): ValidationView {
  return {
    verdict: 'rejected',
    rejection: { rule, reason: message },
    ...counts,
    reasons,
    personal: null,
    profile: null,
    summary: null,
    columns: [],
    delimiter: null,
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

/** Quarantined records by rule, over the whole file. */
async function reasonCounts(
  duck: Duck,
  contract: Contract,
  { columns, faults }: Loaded,
): Promise<ValidationView['reasons']> {
  const breaches = (await countBreaches(duck)).map((breach) => ({
    ...describeBreach(contract, columns, breach),
    rows: breach.rows,
  }));
  const unreadable = [...faults].map(([allowed, rows]) => ({ feature: '(line)', rule: 'unreadable', allowed, rows }));
  return [...breaches, ...unreadable].sort((a, b) => b.rows - a.rows);
}

/** Names of all fields of a record. */
const fieldNames = ({ columns, skipped }: Loaded): string[] => [
  ...Array.from({ length: skipped }, () => ''),
  ...columns.map(({ name }) => name),
];

/** What is kept of a column does not depend on when its file came. */
const NEVER = new Date(0);

/** Columns of a dataset version: those of the file in the order of the contract, which is that of every version. */
function datasetColumns({ contract, loaded: { columns }, personal }: Omit<Judged, 'rows'>): string {
  const present = new Set(columns.map(({ name }) => name));
  const kept = columnRules(contract, NEVER).flatMap((rule) => {
    const { name } = rule;
    if (!present.has(name)) return [];
    const expression = personal.expression(name);
    if (expression === undefined) return [];
    if (Object.hasOwn(personal.treated, name)) return [`${expression} AS ${identifier(name)}`];
    const type = cellSql(rule, name, 'text').dataset;
    return [`${expression}::${type} AS ${identifier(name)}`];
  });
  // A table needs a column, even where all are dropped.
  return kept.length === 0 ? 'NULL::INTEGER AS "(dropped)"' : kept.join(', ');
}
