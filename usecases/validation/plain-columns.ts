import type { CellSql, ColumnType } from '../../core/contract/cells/cell-rule.ts';
import { CELL_STATES } from '../../core/contract/cells/cell-rule.ts';
import type { ColumnRule } from '../../core/contract/column-rules.ts';
import { parseRecord } from '../../core/records/record-text.ts';

/** Literals that stand for what the engine's own cast makes of them, short enough to lose nothing. */
const PLAIN: Partial<Record<ColumnType, RegExp>> = {
  float: /^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?$/,
  integer: /^(?:0|-?[1-9][0-9]{0,14})$/,
  boolean: /^(?:true|false)$/,
};
/** Cells that are looked at; of a file with more of them the engine's work is long in any case. */
const MAX_CELLS = 20_000_000;

/**
 * Finds the columns of a file that have plain literals only, or nothing. Of a file of very many columns that spares the
 * engine the planning of a grammar for each, which would take far longer than reading the file.
 */
export class PlainColumns {
  readonly #columns: readonly ColumnRule[];
  readonly #skipped: number;
  /** Of columns that are still plain. */
  readonly #patterns: (RegExp | undefined)[];
  #cells = 0;

  /** @param skipped fields before the first of the columns */
  constructor(columns: readonly ColumnRule[], skipped: number) {
    this.#columns = columns;
    this.#skipped = skipped;
    // A token for what is missing may look like a literal.
    this.#patterns = columns.map(({ type, missingTokens }) => (missingTokens === undefined ? PLAIN[type] : undefined));
  }

  /** Looks at a record. */
  see(record: string, delimiter: string): void {
    this.#cells += this.#columns.length;
    if (this.#cells > MAX_CELLS) this.#patterns.fill(undefined);
    if (this.#patterns.every((pattern) => pattern === undefined)) return;
    for (const [i, { text, quoted }] of parseRecord(record, delimiter).entries()) {
      const at = i - this.#skipped;
      if (this.#patterns[at] === undefined || (text === '' && !quoted)) continue;
      if (!this.#patterns[at].test(text)) this.#patterns[at] = undefined;
    }
  }

  /** What the cells of a plain column are as SQL; undefined for any other. */
  sql(column: number, text: string): Pick<CellSql, 'value' | 'stateBeside'> | undefined {
    if (this.#patterns[column] === undefined) return undefined;
    const type = PLAIN_TYPES[this.#columns[column]!.type as keyof typeof PLAIN_TYPES];
    return {
      value: `${text}::${type}`,
      stateBeside: (value) => `CASE WHEN ${value} IS NULL THEN ${CELL_STATES.missing} ELSE ${CELL_STATES.value} END`,
    };
  }
}

const PLAIN_TYPES = { float: 'DOUBLE', integer: 'BIGINT', boolean: 'BOOLEAN' } as const;
