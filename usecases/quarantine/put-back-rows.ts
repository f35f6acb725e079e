import path from 'node:path';
import type { LineRanges } from '../../core/quarantine/line-ranges.ts';
import type { Home } from '../../platform/ports.ts';
import type { DatasetRules } from '../validation/dataset-contract.ts';
import { readQuarantinedRows } from '../validation/quarantined-rows.ts';
import { contractFor, heldContract, privacyKeysFor } from '../validation/validate-drop.ts';
import { validateFile } from '../validation/validate-file.ts';
import type { QuarantinedRow, ValidationView } from '../validation/validation-view.ts';
import { clearAfterKilled } from './clear-after-killed.ts';
import { KeysTakenError, RowsRefusedError } from './errors.ts';
import { rowsWithKnownKeys, versionsOf } from './known-keys.ts';
import { rowsContract } from './lenient-contract.ts';
import { matchLines } from './match-lines.ts';
import { copyMended, type MendedFile } from './mended-file.ts';
import { storeMendedFile, storeMendedReport } from './mended-report.ts';
import { assertReturnable, type OpenedQuarantine, openQuarantine } from './open-quarantine.ts';
import { rowsFormat } from './raw-rows.ts';
import { assertContract, assertLastVerdict, returnRows } from './return-rows.ts';
import { countStates } from './row-states.ts';
import { MAX_NAMED, type RowsReturnView, reasonOfView } from './rows-view.ts';
import { withWorkFolder } from './work-folder.ts';

export interface PutBackOptions {
  /** Id of the drop, or the key of its file. */
  readonly drop: string;
  /** File with mended rows. */
  readonly file: string;
  /** Lines of the drop that the file's rows are of, in their order. @default as the file says, or all that are open */
  readonly lines: LineRanges | undefined;
  readonly by: string;
  readonly reason: string | null;
}

/**
 * Holds mended rows to the contract of today: good ones become a dataset version that names the drop and the mended file,
 * the others stay in quarantine, and the report of the mended file says why.
 *
 * @throws UnknownDropError
 * @throws RowsRefusedError
 */
export async function putBackRows(home: Home, options: PutBackOptions): Promise<RowsReturnView> {
  for (let attempt = 1; ; attempt++)
    try {
      return await putBackOnce(home, options);
    } catch (error) {
      if (!(error instanceof KeysTakenError) || attempt === MAX_ATTEMPTS) throw error;
    }
}

/** How often others may be first with keys of these rows. */
const MAX_ATTEMPTS = 10;

function putBackOnce(home: Home, { drop, file, lines, by, reason }: PutBackOptions): Promise<RowsReturnView> {
  return withWorkFolder(async (work) => {
    const opened = await openQuarantine(home, drop, work);
    const { report } = opened;
    const { dataset } = report;
    await clearAfterKilled(home, dataset);
    assertReturnable(report);
    await assertLastVerdict(home, report);
    const rules = assertContract(await contractFor(home, dataset), dataset);
    const format = rowsFormat(report, rules.contract);
    const kinds = format.dialect === undefined ? ['.jsonl', '.ndjson'] : [format.extension];
    if (!kinds.includes(path.extname(file)))
      throw new RowsRefusedError(
        `mended rows of ${report.source.key} come as ${format.extension}, as \`trimtab rows export\` writes them; received ${path.basename(file)}`,
      );
    const copy = path.join(work, `mended${format.extension}`);
    const mended = await copyMended(file, copy, format);
    const linesOf = await matchLines(opened, mended, lines);
    const judged = await judge(home, opened, { file, copy, mended, rules, work });
    const bad = judged.bad.sort((a, b) => a.place - b.place);
    const isBad = new Set(bad.map(({ place }) => place));
    const good = mended.records.flatMap((_, place) => (isBad.has(place) ? [] : [linesOf[place]!]));
    const of = (place: number): { line: number; mendedLine: number } => ({
      line: linesOf[place]!,
      mendedLine: mended.records[place]!.line,
    });
    const source = { report, file, rules, lines: linesOf.join() };
    const from = good.length === 0 ? undefined : await storeMendedFile(home, source);
    const made =
      from &&
      (await returnRows(home, opened, {
        as: 'put-back',
        lines: good,
        view: judged.view,
        rules,
        by,
        reason,
        from,
        clashes: async (returns) => {
          const known = { dataset, versions: versionsOf({ version: null }, returns), work };
          return (await rowsWithKnownKeys(home, known, judged.view, rules.contract)).length > 0;
        },
        mended: (version) =>
          storeMendedReport(home, source, {
            ...from,
            by,
            version,
            view: judged.view,
            lines: accounted(mended, isBad),
            bad: bad.map(({ place, row }) => ({ ...row, line: of(place).mendedLine, mends: of(place).line })),
          }),
      }));
    const states = countStates(report.rows.quarantined, [...opened.returns, ...(made ? [made] : [])]);
    return {
      dataset,
      drop: report.drop,
      as: 'put-back',
      rows: good.length,
      lines: made?.lines ?? '',
      version: made?.manifest.version ?? null,
      mended: made?.manifest.drop ?? null,
      contract: heldContract(rules),
      refused: bad
        .slice(0, MAX_NAMED)
        .map(({ place, row }) => ({ ...of(place), reasons: row.reasons.map(reasonOfView) })),
      refusedRows: bad.length,
      open: states.open,
    };
  });
}

/** Physical lines of a mended file by what became of them. */
function accounted({ records, lines }: MendedFile, isBad: ReadonlySet<number>): ValidationView['lines'] {
  const sum = (bad: boolean): number =>
    records.reduce((total, record, place) => total + (isBad.has(place) === bad ? record.lines : 0), 0);
  return { ...lines, accepted: sum(false), quarantined: sum(true) };
}

/** A mended row that breaks the contract still. */
interface StillBad {
  /** Index among the records of the mended file. */
  readonly place: number;
  readonly row: QuarantinedRow;
}

interface Judged {
  readonly view: ValidationView;
  readonly bad: StillBad[];
}

interface JudgeOptions {
  readonly file: string;
  readonly copy: string;
  readonly mended: MendedFile;
  readonly rules: DatasetRules;
  readonly work: string;
}

/** Holds mended rows to the contract, and their keys against the rows of the drop that are a version already. */
async function judge(
  home: Home,
  opened: OpenedQuarantine,
  { file, copy, mended, rules, work }: JudgeOptions,
): Promise<Judged> {
  const { dataset } = opened.report;
  const options = {
    now: home.clock.now(),
    personal: { owner: dataset, keys: await privacyKeysFor(home, dataset, rules) },
    ...(rules.baseline ? { baseline: rules.baseline } : {}),
  };
  const contract = rowsContract(rules.contract);
  const faulty = mended.records.flatMap(({ fault, line, lines }, place): StillBad[] =>
    fault === undefined
      ? []
      : [{ place, row: { line, lines, reasons: [{ feature: '(line)', rule: 'unreadable', allowed: fault }] } }],
  );
  const first = await validateFile(copy, contract, { ...options, outDir: path.join(work, 'mended') });
  if (first.verdict === 'rejected')
    throw new RowsRefusedError(`the mended file is refused as a whole: ${first.rejection?.reason}`);
  const bad = [...faulty];
  if (first.quarantineFile)
    for await (const row of readQuarantinedRows(first.quarantineFile))
      bad.push({ place: placeOf(mended, row.line), row });
  const isBad = new Set(bad.map(({ place }) => place));
  const places = [...mended.placeOfLine.values()].filter((place) => !isBad.has(place));
  if (places.length !== first.rows.accepted)
    throw new Error(`${places.length} mended rows are good, and ${first.rows.accepted} were accepted`);
  const known = { dataset, versions: versionsOf(opened.report, opened.returns), work };
  const doubles = await rowsWithKnownKeys(home, known, first, rules.contract);
  if (doubles.length === 0) return { view: first, bad };
  const feature = rules.contract.file.unique.join(' + ');
  const reasons = [
    {
      feature,
      rule: 'duplicate' as const,
      allowed: 'each key once, also among the rows of the drop that are a version already',
    },
  ];
  const taken = new Set(doubles.map((row) => places[row]!));
  for (const place of taken)
    bad.push({ place, row: { line: mended.records[place]!.line, lines: mended.records[place]!.lines, reasons } });
  const rest = path.join(work, `rest${path.extname(copy)}`);
  await copyMended(file, rest, rowsFormat(opened.report, rules.contract), taken);
  return { view: await validateFile(rest, contract, { ...options, outDir: path.join(work, 'rest') }), bad };
}

/** The record of the mended file that begins on a line of its copy. */
function placeOf({ placeOfLine }: MendedFile, line: number): number {
  const place = placeOfLine.get(line);
  if (place === undefined) throw new Error(`no mended record begins on line ${line}`);
  return place;
}
