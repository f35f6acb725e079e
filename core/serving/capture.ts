import * as z from 'zod';
import { Instant, ModelName, VersionNumber } from '../model/names.ts';
import { Variant } from './variant.ts';

/** A value in a capture; missing is null. */
const Value = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/**
 * One captured request: a log line that lands in the captures store. Personal features have already been dropped
 * or hashed. One line a request, rows in columns, so that a batch stays one line.
 */
export const Capture = z.strictObject({
  /** Marks the line among other log lines. */
  trimtab: z.literal('capture'),
  /** Prediction id; row r of a batch is known as `ID` when it is the only one, else `ID#r`. */
  id: z.string(),
  model: ModelName,
  version: VersionNumber,
  variant: Variant,
  at: Instant,
  rows: z.int().min(1),
  /** Feature -> one value a row. */
  features: z.record(z.string(), z.array(Value)),
  /** The decision's output column (probability or value), one a row; other outputs are not captured. */
  scores: z.array(z.number().nullable()),
  /** Violations that were flagged or clamped, count. */
  violations: z.int().min(0),
});
export type Capture = z.infer<typeof Capture>;

/** Prediction id of one row of a captured request. */
export const rowId = (capture: Pick<Capture, 'id' | 'rows'>, row: number): string =>
  capture.rows === 1 ? capture.id : `${capture.id}#${row}`;
