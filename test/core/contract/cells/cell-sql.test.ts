import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CELL_STATES, type CellRule, type CellSource } from '../../../../core/contract/cells/cell-rule.ts';
import { cellSql } from '../../../../core/contract/cells/cell-sql.ts';
import { jsonField } from '../../../../core/contract/cells/json-field.ts';
import { fitsParquet } from '../../../../core/contract/cells/parquet-sql.ts';
import { parseJsonLine } from '../../../../core/protocols/formats/json-line.ts';
import { type Duck, literal, openDuck } from '../../../../platform/duckdb/connection.ts';
import { withParquet } from '../../../../usecases/validation/parquet-file.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';
import { doubleBits, type SharedCell, sharedCells } from './shared-cells.ts';

const CELLS = sharedCells();
let duck: Duck;
beforeAll(async () => {
  duck = await openDuck();
});
afterAll(() => duck.close());

/** What SQL makes of fields of text, null where nothing stands. */
async function readCells(rule: CellRule, source: CellSource, fields: readonly (string | null)[]) {
  const { value, state } = cellSql(rule, 'cell', source);
  const list = fields.map((field) => (field === null ? 'NULL' : sqlOf(field)));
  return readTable(rule, `SELECT unnest([${list.join(', ')}]::VARCHAR[]) AS cell`, { value, state });
}

const sqlOf = (text: string): string => text.split('\0').map(literal).join(' || chr(0) || ');

async function readTable({ type }: CellRule, table: string, { value, state }: { value: string; state: string }) {
  // The engine's binding leaves a byte order mark out of a text that begins with one: its bytes are asked for.
  const shown = { time: `epoch_us(${value})`, string: `hex(${value})` }[type as string] ?? value;
  const rows = await duck.rows(`SELECT ${shown} AS value, ${state} AS state FROM (${table})`);
  const text = (hex: unknown) => (typeof hex === 'string' ? Buffer.from(hex, 'hex').toString() : null);
  return rows.map((row) => ({
    value: type === 'string' ? text(row.value) : exact(row.value),
    state: Number(row.state),
  }));
}

/** As values.json has it. */
function exact(value: unknown): SharedCell['value'] {
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'number' ? doubleBits(value) : (value as SharedCell['value']);
}

const STATES: Record<string, readonly number[]> = {
  value: [CELL_STATES.value],
  missing: [CELL_STATES.missing],
  type: [CELL_STATES.type, CELL_STATES.range],
  finite: [CELL_STATES.range],
};

const expectCells = (cells: readonly SharedCell[], found: Awaited<ReturnType<typeof readTable>>): void => {
  expect(found).toHaveLength(cells.length);
  for (const [i, cell] of cells.entries()) {
    expect(STATES[cell.verdict], JSON.stringify(cell)).toContain(found[i]!.state);
    expect(found[i]!.value, JSON.stringify(cell)).toBe(cell.value);
  }
};

const TYPES = ['integer', 'float', 'boolean', 'string', 'time'] as const;

describe('the shared table of cells', () => {
  it('has enough of them, at least half accepted', () => {
    expect(CELLS.length).toBeGreaterThanOrEqual(150);
    const accepted = CELLS.filter(({ verdict }) => verdict === 'value' || verdict === 'missing');
    expect(accepted.length).toBeGreaterThan(CELLS.length / 2);
  });

  it('has the values that Python finds', ({ skip }) => {
    const folder = path.join(import.meta.dirname);
    const { status, error, stderr } = spawnSync('python3', [path.join(folder, 'values.py'), '--check'], {
      encoding: 'utf8',
    });
    if (error !== undefined) skip('Python is not here');
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it.each(TYPES)('is what CSV fields are read as: %s', async (type) => {
    const cells = CELLS.filter((cell) => cell.type === type && cell.csv !== null);
    const file = path.join(temporaryFolder('cells'), 'cells.csv');
    writeFileSync(file, cells.map(({ csv }) => `${csv},x\n`).join(''));
    const { value, state } = cellSql({ type }, 'cell', 'text');
    // A break inside quotes comes to the engine as another character; here one of a kind is enough.
    const table = `SELECT cell FROM read_csv(${literal(file)}, header = false, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, strict_mode = false, new_line = '\\n', columns = {'cell': 'VARCHAR', 'x': 'VARCHAR'})`;
    expectCells(cells, await readTable({ type }, table, { value, state }));
  });

  it.each(TYPES)('is what JSON values are read as: %s', async (type) => {
    const cells = CELLS.filter((cell) => cell.type === type && cell.json !== null);
    const fields = cells.map(({ json }) => jsonField({ type }, (parseJsonLine(`[${json}]`).value as unknown[])[0]));
    expectCells(cells, await readCells({ type }, 'json', fields));
  });

  /** Parquet types that hold the number or text of a cell exactly as it is written. */
  const COLUMNS: Record<(typeof TYPES)[number], readonly [string, RegExp][]> = {
    integer: [
      ['BIGINT', /^-?(0|[1-9][0-9]{0,17}|9223372036854775807)$/],
      ['DECIMAL(38, 0)', /^-?[0-9]{1,20}$/],
      ['DECIMAL(38, 20)', /^-?[0-9]{1,17}\.[0-9]{1,20}$/],
      ['DOUBLE', /^(-?[0-9]{1,15}(\.[0-9]{1,3})?|NaN|-?inf)$/],
      ['FLOAT', /^-?[0-9]{1,4}(\.[05])?$/],
    ],
    float: [
      ['DOUBLE', /^(-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?|NaN|-?inf|-?Infinity)$/i],
      ['FLOAT', /^-?[0-9]{1,3}\.[0-9]$/],
      ['DECIMAL(38, 30)', /^-?[0-9]\.[0-9]{1,30}$/],
      ['BIGINT', /^-?[1-9][0-9]{0,17}$/],
    ],
    boolean: [
      ['BOOLEAN', /^(true|false)$/],
      ['TINYINT', /^-?[0-9]$/],
      ['DOUBLE', /^(-?[0-9](\.[0-9])?|NaN|Infinity)$/],
    ],
    string: [['VARCHAR', /^[^"]*$/]],
    time: [['VARCHAR', /^[^" ]/]],
  };

  it.each(TYPES.flatMap((type) => COLUMNS[type].map(([column, like]) => [type, column, like] as const)))(
    'is what Parquet columns hold: %s in %s',
    async (type, column, like) => {
      const cells = CELLS.filter(
        (cell) => cell.type === type && cell.csv !== null && like.test(cell.csv) && !/^00|^-00|^007|^01/.test(cell.csv),
      );
      // Missing tokens are of text; a string of nothing is one.
      const asked = cells.filter(({ csv, verdict }) => csv !== '' && (verdict !== 'missing' || column === 'DOUBLE'));
      expect(asked.length).toBeGreaterThan(1);
      const file = path.join(temporaryFolder('cells'), 'cells.parquet');
      const list = asked.map(({ csv }) => `${literal(csv!)}::${column}`);
      await duck.run(`COPY (SELECT unnest([${list.join(', ')}]) AS cell) TO ${literal(file)} (FORMAT parquet)`);
      await withParquet(duck, file, async ({ columns: [read], relation }) => {
        expect(fitsParquet({ type }, read!.declared)).toBe(true);
        const { value, state } = cellSql({ type }, 'cell', { parquet: read!.type });
        expectCells(asked, await readTable({ type }, `SELECT cell FROM ${relation(() => 'cell')}`, { value, state }));
      });
    },
  );
});
