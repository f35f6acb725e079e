import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { LineRanges } from '../../core/quarantine/line-ranges.ts';
import type { Home } from '../../platform/ports.ts';
import { withTemporaryFolder } from '../../platform/temporary-folder.ts';
import type { DatasetRules } from '../validation/dataset-contract.ts';
import { readQuarantinedRows } from '../validation/quarantined-rows.ts';
import type { DropReport } from '../validation/report.ts';
import { contractFor, heldContract, privacyKeysFor } from '../validation/validate-drop.ts';
import { validateFile } from '../validation/validate-file.ts';
import type { QuarantinedRow, ValidationView } from '../validation/validation-view.ts';
import { clearAfterKilled } from './clear-after-killed.ts';
import { RowsRefusedError } from './errors.ts';
import { typesContract } from './lenient-contract.ts';
import { assertReturnable, type OpenedQuarantine, openQuarantine } from './open-quarantine.ts';
import { type RawRow, rawRows, rowsFormat } from './raw-rows.ts';
import { assertContract, assertLastVerdict, assertOpen, returnRows } from './return-rows.ts';
import { countReturned } from './row-states.ts';
import { MAX_NAMED, type RowsReturnView, reasonOfView } from './rows-view.ts';
import { soleRecord } from './sole-record.ts';

export interface AcceptOptions {
  /** Id of the drop, or the key of its file. */
  readonly drop: string;
  /** Which lines; undefined for all that are open. */
  readonly lines: LineRanges | undefined;
  readonly by: string;
  readonly reason: string;
}

/**
 * Accepts quarantined rows as they are: those whose cells can be read as their types at all become a dataset version that
 * says who wanted it and why.
 *
 * @throws UnknownDropError
 * @throws RowsRefusedError
 */
export function releaseRows(home: Home, { drop, lines, by, reason }: AcceptOptions): Promise<RowsReturnView> {
  return withTemporaryFolder('rows', async (work) => {
    const opened = await openQuarantine(home, drop, work);
    const { report } = opened;
    const { dataset } = report;
    await clearAfterKilled(home, dataset);
    assertReturnable(report);
    await assertLastVerdict(home, report);
    const rules = assertContract(await contractFor(home, dataset), dataset);
    const wanted = await wantedLines(opened, lines);
    const refused: Refused[] = [];
    const { extension, delimiter } = rowsFormat(report);
    const file = path.join(work, `accepted${extension}`);
    const lineOf = await writeRows(home, opened, { wanted, file, delimiter, refused, work });
    const judged = lineOf.size === 0 ? undefined : await readAsTypes(home, { file, report, rules, work });
    const left = new Map(lineOf);
    if (judged?.quarantineFile)
      for await (const row of readQuarantinedRows(judged.quarantineFile)) {
        refused.push({ line: lineOf.get(row.line)!, reasons: row.reasons });
        left.delete(row.line);
      }
    const taken = [...left.values()];
    if (judged && taken.length !== judged.rows.accepted)
      throw new Error(`${taken.length} rows of ${report.drop} can be read, and ${judged.rows.accepted} were`);
    const rows = { as: 'accepted', lines: taken, rules, by, reason, from: report } as const;
    const made = judged && taken.length > 0 ? await returnRows(home, opened, { ...rows, view: judged }) : undefined;
    const states = await countReturned(opened.file, [...opened.returns, ...(made ? [made] : [])]);
    return {
      dataset,
      drop: report.drop,
      as: 'accepted',
      rows: taken.length,
      lines: made?.lines ?? '',
      version: made?.manifest.version ?? null,
      mended: null,
      contract: heldContract(rules),
      refused: refused
        .sort((a, b) => a.line - b.line)
        .slice(0, MAX_NAMED)
        .map(({ line, reasons }) => ({ line, mendedLine: null, reasons: reasons.map(reasonOfView) })),
      refusedRows: refused.length,
      open: states.open,
    };
  });
}

/** Reads rows as their types and holds them to nothing else. @throws RowsRefusedError when today's contract has other columns */
async function readAsTypes(
  home: Home,
  { file, report, rules, work }: { file: string; report: DropReport; rules: DatasetRules; work: string },
): Promise<ValidationView> {
  const view = await validateFile(file, typesContract(rules.contract, rowsFormat(report).delimiter), {
    outDir: path.join(work, 'out'),
    now: home.clock.now(),
    personal: { owner: report.dataset, keys: await privacyKeysFor(home, report.dataset, rules) },
    ...(rules.baseline ? { baseline: rules.baseline } : {}),
  });
  if (view.verdict === 'accepted') return view;
  throw new RowsRefusedError(
    `the rows do not fit the contract of today (${rules.source}): ${view.rejection?.reason}; run \`trimtab validate --redo ${report.drop}\``,
  );
}

/** A row that stays in quarantine. */
interface Refused {
  readonly line: number;
  readonly reasons: QuarantinedRow['reasons'];
}

/**
 * Lines that are quarantined and open, among those that somebody asked for; all of them in the order of an export.
 *
 * @throws RowsRefusedError when one of them is not
 */
export async function wantedLines(
  { report: { drop }, file, states }: OpenedQuarantine,
  lines: LineRanges | undefined,
): Promise<number[]> {
  const found: number[] = [];
  for await (const { line } of readQuarantinedRows(file))
    if (lines === undefined ? states.of(line) === 'open' : lines.has(line)) found.push(line);
  if (lines === undefined) {
    if (found.length === 0) throw new RowsRefusedError(`no quarantined row of drop ${drop} is open any more`);
    return found;
  }
  if (found.length < lines.size) {
    const known = LineRanges.of(found);
    const [stranger] = firstNotIn(lines, known);
    throw new RowsRefusedError(
      `line ${stranger} of drop ${drop} is not in quarantine: \`trimtab rows show ${drop}\` lists those that are`,
    );
  }
  assertOpen(states, found, drop);
  return found.sort((a, b) => a - b);
}

/** The first line of a set that is not in another. */
function firstNotIn(lines: LineRanges, known: LineRanges): number[] {
  for (const part of lines.toString().split(',')) {
    const [first, last = first] = part.split('-').map(Number);
    for (let line = first!; line <= last!; line++) if (!known.has(line)) return [line];
  }
  return [];
}

interface WriteOptions {
  readonly wanted: readonly number[];
  readonly file: string;
  readonly delimiter: string | undefined;
  /** Given every row that has no text that could be read. */
  readonly refused: Refused[];
  readonly work: string;
}

/** Writes rows as a file of their own. @returns the line of the drop by the line of that file */
async function writeRows(
  home: Home,
  { report, file: rows }: OpenedQuarantine,
  { wanted, file, delimiter, refused, work }: WriteOptions,
): Promise<Map<number, number>> {
  const lineOf = new Map<number, number>();
  const out = createWriteStream(file);
  const chosen = LineRanges.of(wanted);
  let line = 1;
  const write = async (text: string): Promise<void> => {
    line += text.split('\n').length;
    if (!out.write(`${text}\n`)) await once(out, 'drain');
  };
  const header = report.header ?? '';
  const expected = delimiter === undefined ? 0 : fieldsOf(header, delimiter);
  try {
    if (delimiter !== undefined) await write(header);
    for await (const row of rawRows(home, { report, file: rows }, (each) => chosen.has(each), work)) {
      const fault = faultOf(row, delimiter, expected);
      if (fault !== undefined) {
        refused.push({ line: row.row.line, reasons: [fault] });
        continue;
      }
      lineOf.set(line, row.row.line);
      await write(row.text!);
    }
  } finally {
    out.end();
    await finished(out);
  }
  return lineOf;
}

/** Why a row is no whole record by itself: its neighbours are not to be harmed by it. */
function faultOf(
  { row, text, missing }: RawRow,
  delimiter: string | undefined,
  expected: number,
): QuarantinedRow['reasons'][number] | undefined {
  if (text === undefined) return { feature: '(line)', rule: 'unreadable', allowed: missing! };
  const unreadable = row.reasons.find(({ feature }) => feature === '(line)');
  if (unreadable) return unreadable;
  if (delimiter === undefined)
    return text.includes('\n') || text.trim() === ''
      ? { feature: '(line)', rule: 'unreadable', allowed: 'a JSON object on one line' }
      : undefined;
  return fieldsOf(text, delimiter) === expected
    ? undefined
    : { feature: '(line)', rule: 'unreadable', allowed: `one record of ${expected} fields` };
}

/** Fields of a text that is one whole record; 0 where it is not. */
function fieldsOf(text: string, delimiter: string): number {
  const read = soleRecord(text, { delimiter });
  return 'fields' in read ? read.fields : 0;
}
