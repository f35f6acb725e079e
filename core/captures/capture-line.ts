import type { CompiledContract } from '../contract/check.ts';
import type { Feature } from '../contract/contract.ts';
import { type PrivacyKeys, treatmentBy } from '../contract/personal.ts';
import type { FeatureValues } from '../contract/raw-tensor.ts';
import type { Variant } from '../serving/variant.ts';
import { packNumbers } from './packed.ts';

/** One request's worth of capture. */
export interface CaptureInput {
  readonly id: string;
  readonly version: number;
  readonly variant: Variant;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly rows: number;
  /** In the order of `Check.features`. */
  readonly values: readonly FeatureValues[];
  /** The decision's output, one a row; empty where the model has no decision. */
  readonly scores: ArrayLike<number>;
  readonly violations: number;
  /** Whom the request is about, where it says so beside the features. */
  readonly subject?: string | undefined;
}

export interface CapturePrivacy {
  /** The contract's `data.subject`. */
  readonly subject?: string | undefined;
  /** The keys as far as they are known by now; without them, what should be hashed or encrypted is left out. */
  readonly keys?: () => PrivacyKeys | undefined;
}

/** Writes capture lines of one model; made once a version. */
export interface CaptureWriter {
  /** One line, or several for a batch too large for one log event (256 KB); none has a line end. */
  lines(input: CaptureInput): string[];
}

/** Up to this many rows, numbers are written as people read them; above, packed. */
const PLAIN_ROWS = 16;
/** What a line may hold, estimated; the rest is left for its frame. */
const LINE_BYTES = 200_000;
/** Longest string kept; a longer one is no category of any baseline. */
const LONGEST = 128;

/** Bytes that an envelope is longer than what it holds, base64 aside. */
const ENVELOPE_BYTES = 7 + 38;

/** A feature as capture lines have it. */
interface CapturedColumn {
  /** The feature's name as JSON. */
  readonly name: string;
  readonly feature: Feature;
  /** Where its values are among those of a check. */
  readonly index: number;
  /** Whose key hashes or encrypts it: the model's name. */
  readonly owner: string;
}

/** The rows of a batch that one line has. */
interface RowRange {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/**
 * Compiles the privacy filter: personal features are left out (`omit`), replaced by their pseudonym (`hash`) or
 * encrypted; whom a row is about is written as a pseudonym only.
 */
export function captureWriter(
  model: string,
  check: Pick<CompiledContract, 'features'>,
  { subject, keys = () => undefined }: CapturePrivacy = {},
): CaptureWriter {
  const columns: CapturedColumn[] = [];
  for (const [index, feature] of check.features.entries())
    if (feature.personal !== 'omit') columns.push({ name: JSON.stringify(feature.name), feature, index, owner: model });
  const subjectAt = check.features.findIndex(({ name }) => name === subject);
  const head = `{"trimtab":"capture","model":${JSON.stringify(model)}`;
  const bytesPerRow = 48 + columns.reduce((sum, { feature }) => sum + bytesOf(feature), 0);
  const rowsPerLine = Math.max(1, Math.floor(LINE_BYTES / bytesPerRow));

  const subjectText = (input: CaptureInput, rows: RowRange, known: PrivacyKeys | undefined): string => {
    if (subject === undefined || known === undefined) return '';
    const hide = (value: string): string => JSON.stringify(known.pseudonym(subject, value));
    if (subjectAt >= 0)
      return `,"subject":${valuesText(check.features[subjectAt]!, input.values[subjectAt]!, rows, hide)}`;
    return input.subject === undefined ? '' : `,"subject":${hide(input.subject)}`;
  };

  const line = (input: CaptureInput, rows: RowRange, known: PrivacyKeys | undefined): string => {
    const { from, to } = rows;
    let text = `${head},"id":${JSON.stringify(input.id)},"version":${input.version},"variant":"${input.variant}","at":"${input.at}","rows":${to - from}`;
    if (input.rows > rowsPerLine) text += `,"first":${from}`;
    text += `${subjectText(input, rows, known)},"features":{`;
    let comma = '';
    for (const column of columns) {
      const values = columnText(column, input.values[column.index]!, rows, known);
      if (values === undefined) continue;
      text += `${comma}${column.name}:${values}`;
      comma = ',';
    }
    text += '},"scores":[';
    const last = Math.min(to, input.scores.length);
    for (let row = from; row < last; row++) text += (row === from ? '' : ',') + numberText(input.scores[row]!);
    return `${text}],"violations":${from === 0 ? input.violations : 0}}`;
  };

  return {
    lines(input) {
      const known = keys();
      if (input.rows <= rowsPerLine) return [line(input, { from: 0, to: input.rows }, known)];
      const lines: string[] = [];
      for (let from = 0; from < input.rows; from += rowsPerLine)
        lines.push(line(input, { from, to: Math.min(input.rows, from + rowsPerLine) }, known));
      return lines;
    },
  };
}

function bytesOf({ type, personal }: Feature): number {
  const plain = type === 'string' ? LONGEST + 3 : 24;
  // Outside ASCII a UTF-16 unit takes up to three bytes, and base64 four for three.
  return personal === 'encrypt' ? ENVELOPE_BYTES + (type === 'string' ? 4 * LONGEST : 32) : plain;
}

/** A feature's values; undefined when they are left out. */
function columnText(
  { feature, owner }: CapturedColumn,
  values: FeatureValues,
  rows: RowRange,
  keys: PrivacyKeys | undefined,
): string | undefined {
  if (feature.personal !== 'no') {
    const hide = treatmentBy(feature.personal, { owner, field: feature.name }, keys);
    // A pseudonym is of the whole value and no longer for it; an envelope grows with what it holds.
    const most = feature.personal === 'encrypt' ? LONGEST : Number.POSITIVE_INFINITY;
    return hide && valuesText(feature, values, rows, (value) => JSON.stringify(hide(value.slice(0, most))));
  }
  if (rows.to - rows.from > PLAIN_ROWS && values instanceof Float64Array && feature.type !== 'boolean')
    return `"${packNumbers(values.subarray(rows.from, rows.to))}"`;
  return valuesText(feature, values, rows);
}

/** Values as a JSON array, missing ones as null; personal ones as `hide` writes them. */
function valuesText(
  feature: Feature,
  values: FeatureValues,
  { from, to }: RowRange,
  hide?: (value: string) => string,
): string {
  let text = '[';
  for (let row = from; row < to; row++) {
    if (row > from) text += ',';
    const value = values[row]!;
    const missing = typeof value === 'string' ? value === '' : Number.isNaN(value);
    if (missing) text += 'null';
    else if (hide !== undefined) text += hide(feature.type === 'boolean' ? String(value === 1) : String(value));
    else if (typeof value === 'string')
      text += JSON.stringify(value.length > LONGEST ? value.slice(0, LONGEST) : value);
    else if (feature.type === 'boolean') text += value === 1;
    else text += numberText(value);
  }
  return `${text}]`;
}

const numberText = (value: number): string => (Number.isFinite(value) ? `${value}` : 'null');
