import { versionFolder } from '../../core/datasets/dataset-key.ts';
import { LineRanges } from '../../core/quarantine/line-ranges.ts';
import { digestOf } from '../../platform/digest.ts';
import type { Home } from '../../platform/ports.ts';
import { clearVersion } from '../validation/clear-dead-versions.ts';
import type { DatasetRules } from '../validation/dataset-contract.ts';
import { claimVersion, type DatasetManifest, storeRows } from '../validation/dataset-version.ts';
import { reportsOfFile } from '../validation/find-reports.ts';
import type { DropReport } from '../validation/report.ts';
import { heldContract } from '../validation/validate-drop.ts';
import type { ValidationView } from '../validation/validation-view.ts';
import { KeysTakenError, RowsRefusedError } from './errors.ts';
import { type OpenedQuarantine, rowsKey } from './open-quarantine.ts';
import { appendReturn, finishReturn, RowStates, type RowsReturn, readReturns } from './returns.ts';

/** Rows that are good enough to become a version. */
export interface ReturnableRows {
  readonly as: RowsReturn['as'];
  /** Their lines in the drop. */
  readonly lines: readonly number[];
  readonly view: ValidationView;
  readonly rules: DatasetRules;
  readonly by: string;
  readonly reason: string | null;
  /** Where they are from: the drop, or the file that mends it. */
  readonly from: Pick<DropReport, 'drop' | 'source'>;
  /** Whether rows that others have given back since the quarantine was opened have keys that must be unique, as these have. */
  readonly clashes?: (returns: readonly RowsReturn[]) => Promise<boolean>;
  /** Stores what goes with the mended file before the return is written, and gives its report. */
  readonly mended?: (version: number) => Promise<DropReport>;
}

/** How often somebody else may be first with other rows of the same drop. */
const MAX_ATTEMPTS = 100;

/**
 * Makes a dataset version of quarantined rows. Everything is stored before the one write that counts, the return: killed
 * before it, nothing has happened but for a number that is skipped; killed after it, whoever comes next finishes it.
 *
 * @throws RowsRefusedError when somebody else was first with one of the rows, or rows were erased meanwhile
 * @throws KeysTakenError when somebody else was first with a key
 */
export async function returnRows(
  home: Home,
  { report: { dataset, drop }, etag, returns: seen }: OpenedQuarantine,
  rows: ReturnableRows,
): Promise<RowsReturn> {
  const { as, view, rules, by, reason, from } = rows;
  const lines = LineRanges.of(rows.lines).toString();
  const contract = heldContract(rules);
  const personal = view.personal ?? {};
  const what = digestOf(`${as}\n${from.source.sha256}\n${lines}`).slice(0, 12);
  const version = await claimVersion(home, dataset, `${drop}.${what}`, { contract: contract.digest, personal });
  const folder = versionFolder(dataset, version);
  const keepRows = async (): Promise<void> => {
    if (!(await home.data.head(`${folder}/data.parquet`)))
      await storeRows(home, folder, { ...view, dataFile: view.dataFile! });
  };
  await keepRows();
  const report = (await rows.mended?.(version)) ?? null;
  const at = home.clock.now().toISOString();
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const returns = await readReturns(home, { dataset, drop });
    assertOpen(new RowStates(returns), rows.lines, drop);
    // Whoever is second to write a return sees the first here: their rows were not there when these were judged.
    const since = returns.slice(seen.length);
    if (since.length > 0 && (await rows.clashes?.(since))) {
      await clearVersion(home, dataset, version);
      throw new KeysTakenError(drop);
    }
    if ((await home.data.head(rowsKey({ dataset, drop })))?.etag !== etag)
      throw new RowsRefusedError(`quarantined rows of drop ${drop} were erased meanwhile: do this again`);
    const number = returns.length + 1;
    const manifest: DatasetManifest = {
      dataset,
      version,
      drop: from.drop,
      source: from.source,
      contract,
      follows: null,
      returned: { of: drop, number, as, lines, by, reason },
      rows: rows.lines.length,
      ...(view.personal ? { personal: view.personal } : {}),
      createdAt: at,
    };
    const made: RowsReturn = { number, as, lines, rows: rows.lines.length, at, by, reason, manifest, report };
    // Somebody may have taken these rows for what a dead command left.
    await keepRows();
    if (!(await appendReturn(home, { dataset, drop }, made))) continue;
    await finishReturn(home, { dataset, drop }, made);
    return made;
  }
  throw new Error(`no free number for a return of drop ${drop} after ${MAX_ATTEMPTS} tries`);
}

/** @throws RowsRefusedError when a row was given back already */
export function assertOpen(states: RowStates, lines: readonly number[], drop: string): void {
  const taken = lines.filter((line) => states.of(line) !== 'open');
  if (taken.length === 0) return;
  const { as, at, by, manifest } = states.returnOf(taken[0]!)!;
  const which = taken.length === 1 ? 'was' : 'were';
  throw new RowsRefusedError(
    `${taken.length === 1 ? 'line' : 'lines'} ${shown(taken)} of drop ${drop} ${which} ${as === 'accepted' ? 'accepted' : 'put back'} already, by ${by} at ${at} (dataset version ${manifest.version}): a row can be given back once`,
  );
}

/** @throws RowsRefusedError when the same file was judged again since: its rows are open there */
export async function assertLastVerdict(home: Home, { dataset, drop }: DropReport): Promise<void> {
  const last = (await reportsOfFile(home, dataset, drop)).at(-1);
  if (last === undefined || last.drop === drop) return;
  throw new RowsRefusedError(
    `drop ${drop} was judged again as ${last.drop} at ${last.at}, held to ${last.contract?.source ?? 'no contract'}: what is open is open there, name that one`,
  );
}

/** The contract that rows are held to now. @throws RowsRefusedError when there is none any more */
export function assertContract(rules: DatasetRules | undefined, dataset: string): DatasetRules {
  if (rules !== undefined) return rules;
  throw new RowsRefusedError(`dataset ${dataset} has no contract any more: nothing says what its rows should be like`);
}

/** Lines for a sentence, cut where they are many. */
export function shown(lines: readonly number[]): string {
  const text = LineRanges.of(lines).toString();
  return text.length <= 80 ? text : `${text.slice(0, text.lastIndexOf(',', 80))}, …`;
}
