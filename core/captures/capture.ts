import * as z from 'zod';
import { Instant, ModelName, VersionNumber } from '../model/names.ts';
import { Variant } from '../serving/variant.ts';
import { unpackNumbers } from './packed.ts';

/** Longest string that a capture keeps; a longer one, which is no category of any baseline, is cut. */
export const LONGEST_STRING = 128;

/** A value in a capture; missing is null, and a 64-bit integer that no double holds is text. */
const Value = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** A number in a capture; null for one that is none. */
const Numeric = z.number().nullable();

/** Packed numbers (core/captures/packed.ts), which parse to a plain array. */
const Packed = z.string().transform((packed, context): (number | null)[] => {
  const numbers = unpackNumbers(packed);
  if (numbers !== undefined) return numbers;
  context.addIssue({ code: 'custom', message: 'a packed column is f64: and base64' });
  return z.NEVER;
});

/** How often the values of one feature broke one rule of the contract in a request, whatever the policy made of it. */
const CaptureFinding = z.strictObject({
  /** Name of the feature, or of the whole tensor. */
  feature: z.string(),
  /** As violations have it: `min`, `missing`, `shape`. */
  rule: z.string(),
  count: z.int().min(1),
  /** How many of them are null in `features`, though something was there: values of another type, and infinite ones. */
  unread: z.int().min(1).optional(),
});

/**
 * Captured rows of one request to one version: a log line that lands in the captures store. Personal features have
 * already been omitted, hashed or encrypted. Rows are in columns, so that a batch stays one line; only a batch too large
 * for one log event is spread over several, of which each has what is said of the request as a whole, except for counts
 * (`findings`, `outOfDistribution`), which the first has.
 */
export const Capture = z
  .strictObject({
    /** Marks the line among other log lines. */
    trimtab: z.literal('capture'),
    /** Prediction id of the request. Where two captures of one version and variant have the same, it was sent again. */
    id: z.string(),
    model: ModelName,
    version: VersionNumber,
    variant: Variant,
    at: Instant,
    /** Rows of the line; 1 where the request could not be read so far that anybody knows. */
    rows: z.int().min(1),
    /** Index within the request of the line's first row; only where a request is spread over several lines. */
    first: z.int().min(0).optional(),
    /** Milliseconds from the request's arrival at the endpoint until this was written; for a shadow, of its own turn. */
    ms: z.number().min(0),
    /**
     * Pseudonym of what was given a version at random: the routing key, else the subject that the request names in its
     * header. Absent: the request itself, so its id. Null: there was one, and the keys that hide it were not known.
     */
    unit: z.string().nullable().optional(),
    /** Pseudonym of the caller as authenticated; absent where nobody is, or the keys that hide it are not known. */
    principal: z.string().optional(),
    /** Revision of the release that chose the version: the shares of the traffic were those of it. */
    revision: z.int().min(1).optional(),
    /** The caller named the version or variant, so it was not given at random. */
    named: z.literal(true).optional(),
    /**
     * Why there is no answer, by whose fault: the caller's, ours (`internal`), or nobody was free to answer
     * (`unavailable`). Then there are features as far as they were read, and no outputs.
     */
    failed: z.enum(['caller', 'internal', 'unavailable']).optional(),
    /** Pseudonym of whom it is about: of the whole request, or one a row; only where the contract names a subject. */
    subject: z.union([z.string(), z.array(z.string().nullable())]).optional(),
    /** Feature -> one value a row, as received (before clamping). */
    features: z.record(z.string(), z.union([z.array(Value), Packed])),
    /** The decision's number, one a row: of a binary decision the probability or score, of a regression the value. */
    scores: z.array(Numeric).optional(),
    /**
     * Of a decision between at most 100 classes that has probabilities: rows x classes, row-major, in the order of the
     * decision's classes (see decisionClasses).
     */
    probabilities: z.union([z.array(Numeric), Packed]).optional(),
    /**
     * The class that was decided on, one a row, as its index among the decision's classes; one past the last for a label
     * that is none of them, null for a decision that gave none. Absent where it is the greatest of `probabilities`.
     */
    labels: z.array(z.int().min(0).nullable()).optional(),
    /** What broke the contract, the most frequent first; absent where nothing did. */
    findings: z.array(CaptureFinding).optional(),
    /** Rows that are unlike the baseline, where the manifest's guards look for them and found some. */
    outOfDistribution: z.int().min(1).optional(),
  })
  .refine(
    ({ failed, scores, probabilities, labels }) =>
      failed === undefined || (scores === undefined && probabilities === undefined && labels === undefined),
    'a request that failed has no outputs',
  )
  .refine(
    ({ rows, probabilities }) => probabilities === undefined || probabilities.length % rows === 0,
    'every row has the same number of probabilities',
  );
export type Capture = z.infer<typeof Capture>;

/** Prediction id of one row: the request's `ID` when the row is its only one, else `ID#r`. */
export const rowId = (capture: Pick<Capture, 'id' | 'rows' | 'first'>, row: number): string =>
  capture.rows === 1 && capture.first === undefined ? capture.id : `${capture.id}#${(capture.first ?? 0) + row}`;

/** Ids that a row is known by: the row of a request that has one alone may be called its row 0 as well. */
export function idsOfRow(capture: Pick<Capture, 'id' | 'rows' | 'first'>, row: number): string[] {
  const id = rowId(capture, row);
  return id === capture.id ? [id, `${id}#0`] : [id];
}

/** Pseudonym of whom a row is about; undefined where it is not known. */
export const capturedSubject = ({ subject }: Pick<Capture, 'subject'>, row: number): string | undefined =>
  typeof subject === 'string' ? subject : (subject?.[row] ?? undefined);

/**
 * Whether no other value is captured as this one: longer strings may be, and larger whole numbers of captures that were
 * written when these were rounded.
 */
export function isKeptWhole(value: string | number | boolean | null): boolean {
  if (typeof value === 'string') return value.length < LONGEST_STRING;
  return typeof value !== 'number' || Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}
