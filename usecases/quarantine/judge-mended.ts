import path from 'node:path';
import { isPersonal } from '../../core/contract/personal.ts';
import type { Home } from '../../platform/ports.ts';
import type { DatasetRules } from '../validation/dataset-contract.ts';
import { rawText } from '../validation/quarantine-file.ts';
import { readQuarantinedRows } from '../validation/quarantined-rows.ts';
import { privacyKeysFor } from '../validation/validate-drop.ts';
import { validateFile } from '../validation/validate-file.ts';
import type { QuarantinedRow, ValidationView } from '../validation/validation-view.ts';
import { RowsRefusedError } from './errors.ts';
import { rowsWithKnownKeys, versionsOf } from './known-keys.ts';
import { rowsContract } from './lenient-contract.ts';
import { copyMended, type MendedFile, type MendedForm } from './mended-file.ts';
import type { OpenedQuarantine } from './open-quarantine.ts';
import { hasReplaced } from './raw-rows.ts';

/** A mended row that breaks the contract still. */
interface StillBad {
  /** Index among the records of the mended file. */
  readonly place: number;
  readonly row: QuarantinedRow;
}

/** What mended rows were found to be. */
export interface JudgedRows {
  /** Of those that are whole; undefined where none is. */
  readonly view: ValidationView | undefined;
  readonly bad: StillBad[];
}

/** Mended rows that are to be judged. */
export interface MendedRows {
  readonly file: string;
  /** Where whole records are copied to, without the columns that an export adds. */
  readonly copy: string;
  readonly mended: MendedFile;
  /** Lines of the drop by the places of the mended records. */
  readonly linesOf: readonly number[];
  readonly form: MendedForm;
  readonly rules: DatasetRules;
  readonly work: string;
}

/** Holds mended rows to the contract, and their keys against the rows of the drop that are a version already. */
export async function judgeMended(home: Home, opened: OpenedQuarantine, rows: MendedRows): Promise<JudgedRows> {
  const { file, copy, form, rules, work } = rows;
  const { dataset } = opened.report;
  const options = {
    now: home.clock.now(),
    personal: { owner: dataset, keys: await privacyKeysFor(home, dataset, rules) },
    ...(rules.baseline ? { baseline: rules.baseline } : {}),
  };
  const contract = rowsContract(rules.contract, form.dialect?.delimiter);
  const replaced = await replacedRows(opened, rows);
  const mended = replaced.size === 0 ? rows.mended : await copyMended(file, copy, form, replaced);
  const bad = [...unreadable(rows), ...leftOut(rows, mended, UNREADABLE)];
  if (mended.placeOfLine.size === 0) return { view: undefined, bad };
  const first = await validateFile(copy, contract, { ...options, outDir: path.join(work, 'mended') });
  if (first.verdict === 'rejected')
    throw new RowsRefusedError(`the mended file is refused as a whole: ${first.rejection?.reason}`);
  if (first.quarantineFile)
    for await (const row of readQuarantinedRows(first.quarantineFile))
      bad.push({ place: placeOf(mended, row.line), row });
  const isBad = new Set(bad.map(({ place }) => place));
  const good = [...mended.placeOfLine].filter(([, place]) => !isBad.has(place));
  if (good.length !== first.rows.accepted)
    throw new Error(`${good.length} mended rows are good, and ${first.rows.accepted} were accepted`);
  const known = { dataset, versions: versionsOf(opened.report, opened.returns), work };
  const doubles = await rowsWithKnownKeys(home, known, first, rules.contract);
  if (doubles.length === 0) return { view: first, bad };
  const taken = new Set(doubles.map((row) => good[row]![1]));
  const rest = path.join(work, `rest${path.extname(copy)}`);
  const others = await copyMended(file, rest, form, new Set([...replaced, ...taken]));
  const feature = rules.contract.file.unique.join(' + ');
  bad.push(
    ...leftOut(rows, others, { feature, rule: 'duplicate', allowed: EACH_ONCE }).filter(({ place }) =>
      taken.has(place),
    ),
  );
  return { view: await validateFile(rest, contract, { ...options, outDir: path.join(work, 'rest') }), bad };
}

/** Places of mended records in which U+FFFD stands for bytes of the file: that is nothing that somebody has mended. */
async function replacedRows({ file }: OpenedQuarantine, { mended, linesOf }: MendedRows): Promise<Set<number>> {
  const found = new Set<number>();
  const places = new Map<number, number>();
  for (const [place, { replaced }] of mended.records.entries()) if (replaced) places.set(linesOf[place]!, place);
  if (places.size === 0) return found;
  for await (const row of readQuarantinedRows(file)) {
    const place = places.get(row.line);
    if (place !== undefined && hasReplaced(row)) found.add(place);
  }
  return found;
}

type Reason = QuarantinedRow['reasons'][number];

/** What is expected of them. */
const UNREADABLE: Reason = {
  feature: '(line)',
  rule: 'unreadable',
  allowed: 'text in UTF-8: U+FFFD stands for bytes that are none, so write what they are to say',
};
const EACH_ONCE = 'each key once, also among the rows of the drop that are a version already';

/** Records that are none. */
const unreadable = (rows: MendedRows): StillBad[] =>
  rows.mended.records.flatMap(({ fault, raw }, place) =>
    fault === undefined ? [] : [stillBad(rows, place, { feature: '(line)', rule: 'unreadable', allowed: fault }, raw)],
  );

/** Records that a copy has left out, for one reason. */
const leftOut = (rows: MendedRows, copied: MendedFile, reason: Reason): StillBad[] =>
  [...copied.leftOut].map(([place, text]) => stillBad(rows, place, reason, text));

/** A mended row as quarantine has it: with its text, unless that may be personal. */
function stillBad({ mended, rules }: MendedRows, place: number, reason: Reason, text = ''): StillBad {
  const { line, lines } = mended.records[place]!;
  const bytes = Buffer.from(text);
  const raw = isPersonal(rules.contract) ? {} : rawText(bytes, bytes.length, true);
  return { place, row: { line, lines, ...raw, reasons: [reason] } };
}

/** The record of the mended file that begins on a line of its copy. */
function placeOf({ placeOfLine }: MendedFile, line: number): number {
  const place = placeOfLine.get(line);
  if (place === undefined) throw new Error(`no mended record begins on line ${line}`);
  return place;
}
