import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { FeatureType } from '../../../../core/contract/contract.ts';

/** A cell of the shared table: what a field of CSV and a JSON value are to be read as. */
export interface SharedCell {
  readonly type: FeatureType | 'time';
  /** The field as CSV has it; null where CSV cannot say it. */
  readonly csv: string | null;
  /** As JSON has it; null where JSON cannot say it. */
  readonly json: string | null;
  /** `value`, `missing`, or the rule that it breaks. */
  readonly verdict: string;
  /** The exact value, by Python: digits, the 64 bits of a double, a boolean, text, or microseconds since 1970. */
  readonly value: string | boolean | null;
}

const read = (name: string): unknown => JSON.parse(readFileSync(path.join(import.meta.dirname, name), 'utf8'));

/** Cells with their verdicts, written by hand, and their values, worked out by values.py. */
export function sharedCells(): SharedCell[] {
  const cells = read('cells.json') as Record<SharedCell['type'], [string | null, string | null, string][]>;
  const values = read('values.json') as Record<SharedCell['type'], SharedCell['value'][]>;
  return Object.entries(cells).flatMap(([type, rows]) =>
    rows.map(([csv, json, verdict], i): SharedCell => {
      const value = values[type as SharedCell['type']][i]!;
      return { type: type as SharedCell['type'], csv, json, verdict, value };
    }),
  );
}

/** The 64 bits of a double. */
export function doubleBits(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}
