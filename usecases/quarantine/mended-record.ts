import { parseRecord } from '../../core/records/record-text.ts';
import { describeFault, type ScannedRecord } from '../../core/records/scanned-record.ts';
import { LINE_COLUMN, lineNumber, REASONS_COLUMN } from './noted-line.ts';
import { REPLACEMENT } from './raw-rows.ts';
import { recordInCell } from './text-cell.ts';

/** A record of a mended file. */
export interface MendedRecord {
  /** Line of the mended file that it begins on. */
  readonly line: number;
  /** Physical lines that it takes. */
  readonly lines: number;
  /** Line of the drop that it stands for, where the file says so. */
  readonly of: number | undefined;
  /** What its shape should be; undefined where it is right. */
  readonly fault: string | undefined;
  /** Its text without what an export adds, where it is faulty. */
  readonly raw?: string;
  /** Whether it has the character that stands for bytes which are no text. */
  readonly replaced?: true;
  /** Lines of a drop that it seems to run on over: a number and a delimiter begin lines of it, as they begin exported rows. */
  readonly over?: readonly number[];
}

/** What is read of a record: its own text, without the columns that an export adds, unless it is faulty. */
type ReadRecord = Omit<MendedRecord, 'line' | 'lines'> & { readonly text?: string };

/** Whether a text has {@link REPLACEMENT}. */
export const markOf = (text: string): Pick<MendedRecord, 'replaced'> =>
  text.includes(REPLACEMENT) ? { replaced: true } : {};

/** Columns of a mended CSV file: the row's own, and those that an export adds. */
export class MendedColumns {
  /** The header without columns that an export adds. */
  readonly headerText: string;
  readonly #delimiter: string;
  readonly #lineColumn: number;
  readonly #added: readonly number[];
  /** Fields of a row without those that are added. */
  readonly #expected: number;

  /** @param own columns of the drop, which may have the names of those that an export adds */
  constructor(header: string, delimiter: string, own: ReadonlySet<string>) {
    const names = parseRecord(header, delimiter).map(({ text, quoted }) => (quoted ? text : text.trim()));
    this.#delimiter = delimiter;
    // An export puts its columns in front of the row's own.
    const added = (name: string): number =>
      names.filter((each) => each === name).length > (own.has(name) ? 1 : 0) ? names.indexOf(name) : -1;
    this.#lineColumn = added(LINE_COLUMN);
    this.#added = [this.#lineColumn, added(REASONS_COLUMN)].filter((column) => column >= 0);
    this.#expected = names.length - this.#added.length;
    this.headerText = withoutFields(header, this.#added, delimiter);
  }

  /**
   * @param text of the record
   * @throws RowsRefusedError when a whole record names no line where it should
   */
  read({ line, lines, fault }: Pick<ScannedRecord, 'line' | 'lines' | 'fault'>, text: string): ReadRecord {
    // Fields of what is no record cannot be counted, but the first is where the export put it.
    if (fault !== undefined && fault !== 'fields')
      return { of: this.#firstNumber(text), fault: describeFault(fault), raw: this.#behindNote(text) };
    const fields = parseRecord(text, this.#delimiter).map((field) => field.text);
    const own = fields.filter((_, column) => !this.#added.includes(column));
    const inCell = recordInCell(own, this.#delimiter);
    const of = this.#lineOf(fields, line, fault === undefined || inCell !== undefined);
    const over = lines === 1 ? {} : { over: this.#linesOver(text) };
    const whole = inCell?.cell ?? withoutFields(text, this.#added, this.#delimiter);
    const faulty = (allowed: string): ReadRecord => ({ of, fault: allowed, raw: whole, ...over });
    if (inCell !== undefined && 'fault' in inCell) return faulty(inCell.fault);
    const count = inCell === undefined ? own.length : inCell.fields;
    if (count !== this.#expected) return faulty(`${this.#expected} fields, not ${count}`);
    return { of, fault: undefined, text: whole, ...markOf(whole), ...over };
  }

  /** @param certain whether the record has the column in its place */
  #lineOf(fields: readonly string[], line: number, certain: boolean): number | undefined {
    if (this.#lineColumn < 0) return undefined;
    const text = fields[this.#lineColumn] ?? '';
    return certain || NUMBER.test(text) ? lineNumber(text, line) : undefined;
  }

  #firstNumber(text: string): number | undefined {
    const first = this.#lineColumn === 0 ? noteAt(text, this.#delimiter) : undefined;
    return first === 0 ? undefined : first;
  }

  /** A text that is no record without the columns that an export puts in front of it. */
  #behindNote(text: string): string {
    if (this.#added.join() !== '0,1') return text;
    let at = 0;
    for (const _ of this.#added) {
      const quoted = QUOTED.exec(text.slice(at));
      at = text.indexOf(this.#delimiter, at + (quoted?.[0].length ?? 0)) + 1;
      if (at === 0) return text;
    }
    return text.slice(at);
  }

  /** What stands in front of lines of a record but its first, as an export puts it in front of a row. */
  #linesOver(text: string): number[] {
    if (this.#lineColumn !== 0) return [];
    return text
      .split('\n')
      .slice(1)
      .flatMap((line) => noteAt(line, this.#delimiter) ?? []);
  }
}

const QUOTED = /^"(?:[^"]|"")*"/;
const NUMBER = /^\s*\d{1,15}\s*$/;

/** The number that a line begins with, where a delimiter is behind it. */
function noteAt(line: string, delimiter: string): number | undefined {
  const end = line.indexOf(delimiter);
  const [, number] = /^"?(\d{1,15})"?$/.exec(line.slice(0, Math.max(0, end)).trim()) ?? [];
  return number === undefined ? undefined : Number(number);
}

/** A record without some of its fields, the others as they are written. */
function withoutFields(record: string, gone: readonly number[], delimiter: string): string {
  if (gone.length === 0) return record;
  return fieldTexts(record, delimiter)
    .filter((_, i) => !gone.includes(i))
    .join(delimiter);
}

/** Fields of a whole record as they are written, quotes included. */
function fieldTexts(record: string, delimiter: string): string[] {
  const texts: string[] = [];
  let from = 0;
  let at = 0;
  for (;;) {
    if (record[at] === '"') {
      at = record.indexOf('"', at + 1) + 1;
      while (record[at] === '"') at = record.indexOf('"', at + 1) + 1;
    }
    const next = record.indexOf(delimiter, at);
    texts.push(record.slice(from, next === -1 ? undefined : next));
    if (next === -1) return texts;
    from = at = next + 1;
  }
}
