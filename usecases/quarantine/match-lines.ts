import { LineRanges } from '../../core/quarantine/line-ranges.ts';
import { readQuarantinedRows } from '../validation/quarantined-rows.ts';
import { RowsRefusedError } from './errors.ts';
import type { MendedFile } from './mended-file.ts';
import { LINE_COLUMN } from './noted-line.ts';
import type { OpenedQuarantine } from './open-quarantine.ts';
import { wantedLines } from './release-rows.ts';
import { shown } from './return-rows.ts';

/**
 * Which line of the drop each row of a mended file stands for: as the file says itself, else one after the other of the
 * lines that were named, or of all that are open.
 *
 * @returns lines by the places of the records
 * @throws RowsRefusedError when it cannot be told, or a row was given back already
 */
export async function matchLines(
  opened: OpenedQuarantine,
  { records }: MendedFile,
  lines: LineRanges | undefined,
): Promise<number[]> {
  const { drop } = opened.report;
  if (records.length === 0) throw new RowsRefusedError('the mended file has no rows');
  const said = records.flatMap(({ of }) => (of === undefined ? [] : [of]));
  if (said.length > 0) {
    const faulty = records.find(({ of }) => of === undefined);
    if (faulty)
      throw new RowsRefusedError(
        `line ${faulty.line} of the mended file ${faulty.fault === undefined ? `has no ${LINE_COLUMN}` : `is no record (expected ${faulty.fault})`}, so it is not known which row of drop ${drop} it is: mend it, or take it out`,
      );
    const seen = new Set<number>();
    const double = said.find((line) => seen.size === seen.add(line).size);
    if (double !== undefined) throw new RowsRefusedError(`line ${double} of drop ${drop} is in the mended file twice`);
    await wantedLines(opened, LineRanges.of(said));
    await assertApart(opened, records, seen);
    if (lines !== undefined && [...lines.inOrder()].join() !== said.join())
      throw new RowsRefusedError(
        `the mended file says itself that its rows are of lines ${shown(said)} of drop ${drop}: leave --lines out, or ${LINE_COLUMN}`,
      );
    return said;
  }
  if (lines !== undefined && lines.saidSize !== lines.size)
    throw new RowsRefusedError('--lines names a line twice: each row of the mended file is of a line of its own');
  const open = await wantedLines(opened, lines);
  const wanted = lines === undefined ? open : [...lines.inOrder()];
  if (wanted.length === records.length) return wanted;
  throw new RowsRefusedError(
    `the mended file has ${records.length} rows, and ${wanted.length} ${lines === undefined ? `rows of drop ${drop} are open` : 'lines were named'}: it is not known which is which. ` +
      `Name the lines that its rows are of (--lines 3,7-9), in its order, or mend an export that was made with --reasons, which names them`,
  );
}

/** @throws RowsRefusedError when a record seems to have taken in another row, whose line no record names any more */
async function assertApart(
  { report: { drop }, file }: OpenedQuarantine,
  records: MendedFile['records'],
  said: ReadonlySet<number>,
): Promise<void> {
  const suspects = new Map<number, MendedFile['records'][number]>();
  for (const record of records) for (const line of record.over ?? []) if (!said.has(line)) suspects.set(line, record);
  if (suspects.size === 0) return;
  for await (const { line } of readQuarantinedRows(file)) {
    const record = suspects.get(line);
    // Also one that was put back meanwhile: the export from before has it, and its text would come in once more.
    if (record === undefined) continue;
    throw new RowsRefusedError(
      `the record on line ${record.line} of the mended file runs on over what begins like line ${line} of drop ${drop}: ` +
        `close its quotes, or, if that is its text, leave both columns of --reasons out and say --lines`,
    );
  }
}
