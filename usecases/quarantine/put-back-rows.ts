import path from 'node:path';
import type { LineRanges } from '../../core/quarantine/line-ranges.ts';
import type { Home } from '../../platform/ports.ts';
import { withTemporaryFolder } from '../../platform/temporary-folder.ts';
import { contractFor, heldContract } from '../validation/validate-drop.ts';
import type { ValidationView } from '../validation/validation-view.ts';
import { clearAfterKilled } from './clear-after-killed.ts';
import { KeysTakenError, RowsRefusedError } from './errors.ts';
import { judgeMended } from './judge-mended.ts';
import { rowsWithKnownKeys, versionsOf } from './known-keys.ts';
import { matchLines } from './match-lines.ts';
import { copyMended, type MendedFile, mendedForm } from './mended-file.ts';
import { storeMendedFile, storeMendedReport } from './mended-report.ts';
import { assertReturnable, openQuarantine } from './open-quarantine.ts';
import { rowsFormat } from './raw-rows.ts';
import { assertContract, assertLastVerdict, returnRows } from './return-rows.ts';
import { countReturned } from './row-states.ts';
import { MAX_NAMED, type RowsReturnView, reasonOfView } from './rows-view.ts';

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
  return withTemporaryFolder('rows', async (work) => {
    const opened = await openQuarantine(home, drop, work);
    const { report } = opened;
    const { dataset } = report;
    await clearAfterKilled(home, dataset);
    assertReturnable(report);
    await assertLastVerdict(home, report);
    const rules = assertContract(await contractFor(home, dataset), dataset);
    const format = rowsFormat(report);
    const kinds = format.delimiter === undefined ? ['.jsonl', '.ndjson'] : [format.extension];
    if (!kinds.includes(path.extname(file)))
      throw new RowsRefusedError(
        `mended rows of ${report.source.key} come as ${format.extension}, as \`trimtab rows export\` writes them; received ${path.basename(file)}`,
      );
    const copy = path.join(work, `mended${format.extension}`);
    const form = await mendedForm(opened, rules);
    const mended = await copyMended(file, copy, form);
    const linesOf = await matchLines(opened, mended, lines);
    const judged = await judgeMended(home, opened, { file, copy, mended, linesOf, form, rules, work });
    const { view } = judged;
    const bad = judged.bad.sort((a, b) => a.place - b.place);
    const isBad = new Set(bad.map(({ place }) => place));
    const good = mended.records.flatMap((_, place) => (isBad.has(place) ? [] : [linesOf[place]!]));
    const of = (place: number): { line: number; mendedLine: number } => ({
      line: linesOf[place]!,
      mendedLine: mended.records[place]!.line,
    });
    const source = { report, file, rules, lines: linesOf.join() };
    const from = view === undefined || good.length === 0 ? undefined : await storeMendedFile(home, source);
    const made =
      view &&
      from &&
      (await returnRows(home, opened, {
        as: 'put-back',
        lines: good,
        view,
        rules,
        by,
        reason,
        from,
        clashes: async (returns) => {
          const known = { dataset, versions: versionsOf({ version: null }, returns), work };
          return (await rowsWithKnownKeys(home, known, view, rules.contract)).length > 0;
        },
        mended: (version) =>
          storeMendedReport(home, source, {
            ...from,
            by,
            version,
            view,
            lines: accounted(mended, isBad),
            bad: bad.map(({ place, row }) => ({ ...row, line: of(place).mendedLine, mends: of(place).line })),
          }),
      }));
    const states = await countReturned(opened.file, [...opened.returns, ...(made ? [made] : [])]);
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
