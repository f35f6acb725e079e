import * as z from 'zod';
import { Instant, ModelName, VersionNumber } from '../model/names.ts';
import { Variant } from '../serving/variant.ts';
import { unpackNumbers } from './packed.ts';

/** A value in a capture; missing is null. */
const Value = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** One value a row: a plain array, or packed numbers (core/captures/packed.ts), which parse to a plain array. */
const Column = z.union([
  z.array(Value),
  z.string().transform((packed, context): (number | null)[] => {
    const numbers = unpackNumbers(packed);
    if (numbers !== undefined) return numbers;
    context.addIssue({ code: 'custom', message: 'a packed column is f64: and base64' });
    return z.NEVER;
  }),
]);

/**
 * Captured rows of one request: a log line that lands in the captures store. Personal features have already been
 * omitted, hashed or encrypted. Rows are in columns, so that a batch stays one line; only a batch too large for one log event is
 * spread over several.
 */
export const Capture = z.strictObject({
  /** Marks the line among other log lines. */
  trimtab: z.literal('capture'),
  /** Prediction id of the request. */
  id: z.string(),
  model: ModelName,
  version: VersionNumber,
  variant: Variant,
  at: Instant,
  rows: z.int().min(1),
  /** Index within the request of the line's first row; only where a request is spread over several lines. */
  first: z.int().min(0).optional(),
  /** Pseudonym of whom it is about: of the whole request, or one a row; only where the contract names a subject. */
  subject: z.union([z.string(), z.array(z.string().nullable())]).optional(),
  /** Feature -> one value a row, as received (before clamping). */
  features: z.record(z.string(), Column),
  /** The decision's output column (probability or value), one a row; other outputs are not captured. */
  scores: z.array(z.number().nullable()),
  /** Violations that were flagged or clamped, count; on the first line where there are several. */
  violations: z.int().min(0),
});
export type Capture = z.infer<typeof Capture>;

/** Prediction id of one row: the request's `ID` when the row is its only one, else `ID#r`. */
export const rowId = (capture: Pick<Capture, 'id' | 'rows' | 'first'>, row: number): string =>
  capture.rows === 1 && capture.first === undefined ? capture.id : `${capture.id}#${(capture.first ?? 0) + row}`;

/** Pseudonym of whom a row is about; undefined where it is not known. */
export const capturedSubject = ({ subject }: Pick<Capture, 'subject'>, row: number): string | undefined =>
  typeof subject === 'string' ? subject : (subject?.[row] ?? undefined);
