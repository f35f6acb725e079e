import type { CellRule, ColumnType } from '../../core/contract/cells/cell-rule.ts';
import { cellSql } from '../../core/contract/cells/cell-sql.ts';
import { ESCAPED, jsonField, WRONG_KIND } from '../../core/contract/cells/json-field.ts';
import { escapeBreaks, hasBreaks, unescapeBreaksSql } from '../../core/records/escaped-breaks.ts';
import { formatRecord } from '../../core/records/record-text.ts';
import { FileRejectedError } from './errors.ts';
import { readJsonLine } from './json-line.ts';
import { fieldsSql } from './load-csv.ts';
import { NamedLines } from './named-lines.ts';
import type { PlainColumn, PlainTable } from './plain-column.ts';
import { RecordCopy } from './record-copy.ts';
import { scanLines } from './scan-lines.ts';

/** Kinds of JSON's values. */
type JsonKind = 'number' | 'boolean' | 'text' | 'nested';

/** Kinds of values that a column of each type takes, as {@link jsonField} has it; nested ones are nobody's. */
const TAKEN: Readonly<Record<ColumnType, readonly JsonKind[]>> = {
  float: ['number'],
  integer: ['number'],
  boolean: ['boolean', 'number'],
  string: ['text'],
  time: ['text', 'number'],
  class: ['text', 'number', 'boolean'],
  any: ['text', 'number', 'boolean'],
};

/** More names are no columns: they are values that stand where names do. */
const MAX_COLUMNS = 10_000;

type Row = Readonly<Record<string, unknown>>;

/**
 * Opens lines of JSON: they become records of text, and what kinds of values each name had is known. Lines that are no
 * rows are left out. Read once where the first row has all names, else once more, to know their places.
 *
 * @param unit what its records are called: those of an array are numbered
 * @param target where the records go
 * @throws FileRejectedError when no line is a row
 */
export async function openPlainJsonLines(
  file: string,
  target: string,
  unit: 'line' | 'record' = 'line',
): Promise<PlainTable> {
  const found = new FoundNames();
  const faulty = new NamedLines();
  let written = new WrittenRows(file, target, found.names);
  let complete = true;
  let rows = 0;
  let lines: { total: number; blank: number };
  try {
    lines = await scanLines(
      file,
      (line, number) => {
        const read = readJsonLine(line);
        if ('fault' in read) {
          faulty.add(read.fault, number);
          return;
        }
        rows++;
        const more = found.see(read.row);
        complete &&= !more || rows === 1;
        if (complete) written.add(read.row);
      },
      () => written.settle(),
    );
  } finally {
    await written.close();
  }
  if (lines.total === lines.blank) throw new FileRejectedError('format', 'the file has blank lines only');
  const [first] = faulty.leftOut;
  if (rows === 0 && first !== undefined)
    throw new FileRejectedError(
      'format',
      `no ${unit} is a row: expected ${first.expected}, as ${unit === 'line' ? 'on' : 'in'} ${unit} ${first.lines[0]}`,
    );
  if (found.names.length === 0) throw new FileRejectedError('schema', `no ${unit} has a name`);
  if (!complete) {
    written = new WrittenRows(file, target, found.names);
    await rewrite(file, written);
  }
  const { spare, escaped } = written;
  return {
    relation: fieldsSql(
      { file: target, header: false, lineEnd: '\n', columns: [...spare, ...found.names], records: rows },
      ',',
    ),
    columns: found.names.map((name, i) => {
      const own = `t${i + spare.length}`;
      return columnOf({ name, field: escaped ? unescapeBreaksSql(own) : own, kinds: found.kinds(i) });
    }),
    rows,
    index: false,
    leftOut: faulty.leftOut,
  };
}

async function rewrite(file: string, written: WrittenRows): Promise<void> {
  try {
    await scanLines(
      file,
      (line) => {
        const read = readJsonLine(line);
        if ('row' in read) written.add(read.row);
      },
      () => written.settle(),
    );
  } finally {
    await written.close();
  }
}

/** Names of a file's lines, in the order in which they first come, and of what kinds their values are. */
class FoundNames {
  readonly names: string[] = [];
  readonly #places = new Map<string, number>();
  readonly #kinds: Set<JsonKind>[] = [];

  /** @returns whether a name is new */
  see(row: Row): boolean {
    const before = this.names.length;
    for (const name of Object.keys(row)) {
      let place = this.#places.get(name);
      if (place === undefined) {
        place = this.names.length;
        if (place === MAX_COLUMNS) throw new FileRejectedError('schema', `more than ${MAX_COLUMNS} names of columns`);
        this.#places.set(name, place);
        this.names.push(name);
        this.#kinds.push(new Set());
      }
      const kind = kindOf(row[name]);
      if (kind !== undefined) this.#kinds[place]!.add(kind);
    }
    return this.names.length > before;
  }

  kinds(place: number): ReadonlySet<JsonKind> {
    return this.#kinds[place]!;
  }
}

/** Undefined for what is missing, NaN too. */
function kindOf(value: unknown): JsonKind | undefined {
  if (value === null || Number.isNaN(value)) return undefined;
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'number' || value instanceof Number ? 'number' : 'nested';
}

/** Rows as records of text, with a field for each name as {@link jsonField} writes it. */
class WrittenRows {
  readonly #copy: RecordCopy;
  readonly #names: readonly string[];
  escaped = false;

  constructor(file: string, target: string, names: readonly string[]) {
    this.#copy = new RecordCopy(file, target);
    this.#copy.begin(0, 0);
    this.#names = names;
  }

  /** In a field that is alone on its line, a missing value could not be told from a text of nothing. */
  get spare(): string[] {
    return this.#names.length === 1 ? [''] : [];
  }

  add(row: Row): void {
    const fields = this.#names.map((name) => {
      const field = Object.hasOwn(row, name) ? jsonField(ANY, row[name]) : null;
      if (field === null || !hasBreaks(field)) return field;
      this.escaped = true;
      return escapeBreaks(field);
    });
    this.#copy.append(Buffer.from(`${formatRecord([...this.spare, ...fields])}\n`));
  }

  settle(): Promise<void> {
    return this.#copy.settle();
  }

  close(): Promise<void> {
    return this.#copy.close();
  }
}

const ANY: CellRule = { type: 'any' };

interface JsonColumn {
  readonly name: string;
  readonly field: string;
  readonly kinds: ReadonlySet<JsonKind>;
}

function columnOf({ name, field: own, kinds }: JsonColumn): PlainColumn {
  return {
    name,
    kind: kinds.size === 1 && kinds.has('number') ? 'number' : 'other',
    field: own,
    text: (field) => {
      const marked = [WRONG_KIND.sql, ESCAPED.sql].map((mark) => `starts_with(${field}, ${mark})`);
      return `CASE WHEN ${marked.join(' OR ')} THEN substr(${field}, 2) ELSE ${field} END`;
    },
    cell: (rule, field) =>
      [...kinds].every((kind) => TAKEN[rule.type].includes(kind)) ? cellSql(rule, field, 'json') : undefined,
  };
}
