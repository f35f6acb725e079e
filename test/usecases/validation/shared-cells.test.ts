import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Contract } from '../../../core/contract/contract.ts';
import { type Duck, literal, openDuck } from '../../../platform/duckdb/connection.ts';
import { validateFile } from '../../../usecases/validation/validate-file.ts';
import type { QuarantinedRow } from '../../../usecases/validation/validation-view.ts';
import { doubleBits, type SharedCell, sharedCells } from '../../core/contract/cells/shared-cells.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const TYPES = ['integer', 'float', 'boolean', 'string', 'time'] as const;
let duck: Duck;
beforeAll(async () => {
  duck = await openDuck();
});
afterAll(() => duck.close());

/** A contract with a column `x` of the type that may be missing. */
const contractOf = (type: SharedCell['type']): Contract =>
  Contract.parse({
    features:
      type === 'time'
        ? [{ name: 'k', type: 'integer' }]
        : [
            { name: 'x', type, missing: 'allow' },
            { name: 'k', type: 'integer' },
          ],
    data: type === 'time' ? { time: { name: 'x', required: false } } : {},
    file: { maxQuarantinedShare: 1 },
  });

/** What a file's rows are found to be, by the number in their column `k`: a rule, or a value of the dataset. */
async function verdicts(file: string, type: SharedCell['type']): Promise<Map<number, string | boolean | null>> {
  const outDir = path.join(path.dirname(file), 'out');
  const result = await validateFile(file, contractOf(type), { outDir, now: new Date('2030-01-01T00:00:00Z') });
  expect(result.verdict, JSON.stringify(result.rejection)).toBe('accepted');
  const shown = { time: 'epoch_us(x)', string: 'hex(x)' }[type as string] ?? 'x';
  const rows = await duck.rows(`SELECT k, ${shown} AS value FROM ${literal(result.dataFile!)}`);
  const found = new Map(rows.map(({ k, value }) => [Number(k), exact(type, value)]));
  if (result.quarantineFile !== null)
    for (const line of readFileSync(result.quarantineFile, 'utf8').trimEnd().split('\n')) {
      const { line: at, reasons } = JSON.parse(line) as QuarantinedRow;
      expect(reasons, line).toHaveLength(1);
      found.set(-at, reasons[0]!.rule);
    }
  return found;
}

function exact(type: SharedCell['type'], value: unknown): string | boolean | null {
  if (value === null || typeof value === 'boolean') return value;
  if (type === 'string') return Buffer.from(String(value), 'hex').toString();
  return typeof value === 'number' ? doubleBits(value) : String(value);
}

describe('a data file', () => {
  it.each(TYPES)('is read by the shared table of cells: %s', async (type) => {
    const folder = temporaryFolder('shared-cells');
    const all = sharedCells().filter((cell) => cell.type === type);
    for (const format of ['csv', 'jsonl', 'parquet'] as const) {
      const cells = all.filter((cell) => cell[format === 'jsonl' ? 'json' : 'csv'] !== null);
      const asked = format === 'parquet' && type !== 'string' && type !== 'time' ? [] : cells;
      if (asked.length === 0) continue;
      const file = path.join(folder, `cells.${format}`);
      // Lines on which each cell begins; a cell may have line breaks of its own.
      const lines: number[] = [];
      let line = format === 'csv' ? 2 : 1;
      for (const { csv } of asked) {
        lines.push(line);
        line += format === 'csv' ? csv!.split('\n').length : 1;
      }
      if (format === 'csv') writeFileSync(file, `x,k\n${asked.map(({ csv }, i) => `${csv},${i}\n`).join('')}`);
      else if (format === 'jsonl') writeFileSync(file, asked.map(({ json }, i) => `{"x":${json},"k":${i}}\n`).join(''));
      else {
        // Text of a Parquet column is what a field without quotes says; what would be missing of it is null.
        const values = asked.map(({ value, csv, verdict }, i) => {
          const text = type === 'string' ? value : csv!.replace(/^"(.*)"$/, '$1');
          return `(${verdict === 'missing' ? 'NULL' : literal(String(text))}, ${i})`;
        });
        await duck.run(
          `COPY (SELECT * FROM (VALUES ${values.join(', ')}) t(x, k)) TO ${literal(file)} (FORMAT parquet)`,
        );
      }
      const found = await verdicts(file, type);
      expect(found.size, format).toBe(asked.length);
      for (const [i, cell] of asked.entries()) {
        const good = cell.verdict === 'value' || cell.verdict === 'missing';
        expect(found.get(good ? i : -lines[i]!), `${format} ${JSON.stringify(cell)}`).toBe(
          good ? cell.value : cell.verdict,
        );
      }
    }
  });
});
