import { formatRecord, parseRecord } from '../../core/records/record-text.ts';
import { type SoleRecord, soleRecord } from './sole-record.ts';

/** Begins a cell that holds the text of a whole row. */
const TEXT_MARK = 'quarantine_text:';

/**
 * The text of a row as an export has it, so that it takes nothing from the rows beside it, whoever reads them: one that is
 * no record by itself, such as one with a quote that is never closed, stands in one cell, behind a mark.
 */
export function exportedText(text: string, delimiter: string): string {
  const isRecord = 'text' in soleRecord(text, { delimiter });
  if (isRecord && !parseRecord(text, delimiter)[0]!.text.startsWith(TEXT_MARK)) return text;
  return formatRecord([TEXT_MARK + text], delimiter);
}

/** A text of a row in a cell of its own, and the record that it is. */
export type RecordInCell = SoleRecord & { readonly cell: string };

/**
 * The record that stands in a cell of its own, as {@link exportedText} puts it there, and perhaps a spreadsheet cells
 * without anything behind it.
 *
 * @param fields of the mended record, without those that an export adds
 * @returns undefined where there is no such cell
 */
export function recordInCell([first, ...rest]: readonly string[], delimiter: string): RecordInCell | undefined {
  if (!first?.startsWith(TEXT_MARK)) return undefined;
  const cell = first.slice(TEXT_MARK.length);
  if (rest.some((text) => text !== '')) return { fault: `one cell that begins with ${TEXT_MARK}, and no other`, cell };
  return { ...soleRecord(cell, { delimiter }), cell };
}
