import { LineRanges } from '../../core/quarantine/line-ranges.ts';
import { RowsRefusedError } from './errors.ts';
import type { MendedFile } from './mended-file.ts';
import { LINE_COLUMN } from './noted-line.ts';
import type { OpenedQuarantine } from './open-quarantine.ts';
import { wantedLines } from './release-rows.ts';

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
    return said;
  }
  const wanted = await wantedLines(opened, lines);
  if (wanted.length === records.length) return wanted;
  throw new RowsRefusedError(
    `the mended file has ${records.length} rows, and ${wanted.length} ${lines === undefined ? `rows of drop ${drop} are open` : 'lines were named'}: it is not known which is which. ` +
      `Name the lines that its rows are of (--lines 3,7-9), in its order, or mend an export that was made with --reasons, which names them`,
  );
}
