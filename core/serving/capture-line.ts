import type { Check, FeatureValues } from '../contract/check.ts';
import type { Feature } from '../contract/contract.ts';
import { packNumbers } from './packed.ts';
import type { Variant } from './variant.ts';

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

/** How a column is written. */
interface ColumnWriter {
  readonly prefix: string;
  readonly feature: Feature;
  readonly index: number;
}

/**
 * Compiles the privacy filter: personal features are left out (`drop`) or replaced by their pseudonym (`hash`).
 *
 * @param pseudonym keyed hash of a value; without one, features to be hashed are left out, for a hash without a key
 *   can be undone by trying all values
 */
export function captureWriter(
  model: string,
  check: Pick<Check, 'features'>,
  pseudonym?: (value: string) => string,
): CaptureWriter {
  const columns: ColumnWriter[] = [];
  for (const [index, feature] of check.features.entries()) {
    if (feature.personal === 'drop' || (feature.personal === 'hash' && pseudonym === undefined)) continue;
    columns.push({ prefix: `${columns.length === 0 ? '' : ','}${JSON.stringify(feature.name)}:`, feature, index });
  }
  const head = `{"trimtab":"capture","model":${JSON.stringify(model)}`;
  const bytesPerRow =
    24 + columns.reduce((sum, { feature }) => sum + (feature.type === 'string' ? LONGEST + 3 : 24), 0);
  const rowsPerLine = Math.max(1, Math.floor(LINE_BYTES / bytesPerRow));

  const line = (input: CaptureInput, from: number, to: number): string => {
    let text = `${head},"id":${JSON.stringify(input.id)},"version":${input.version},"variant":"${input.variant}","at":"${input.at}","rows":${to - from}`;
    if (input.rows > rowsPerLine) text += `,"first":${from}`;
    text += ',"features":{';
    for (const { prefix, feature, index } of columns)
      text += prefix + columnText(feature, input.values[index]!, from, to, pseudonym);
    text += '},"scores":[';
    const last = Math.min(to, input.scores.length);
    for (let row = from; row < last; row++) text += (row === from ? '' : ',') + numberText(input.scores[row]!);
    return `${text}],"violations":${from === 0 ? input.violations : 0}}`;
  };

  return {
    lines(input) {
      if (input.rows <= rowsPerLine) return [line(input, 0, input.rows)];
      const lines: string[] = [];
      for (let from = 0; from < input.rows; from += rowsPerLine)
        lines.push(line(input, from, Math.min(input.rows, from + rowsPerLine)));
      return lines;
    },
  };
}

function columnText(
  feature: Feature,
  values: FeatureValues,
  from: number,
  to: number,
  pseudonym?: (value: string) => string,
): string {
  const hide = feature.personal === 'hash' ? pseudonym : undefined;
  if (
    hide === undefined &&
    typeof values !== 'string' &&
    !Array.isArray(values) &&
    to - from > PLAIN_ROWS &&
    feature.type !== 'boolean'
  )
    return `"${packNumbers(values.subarray(from, to))}"`;
  let text = '[';
  for (let row = from; row < to; row++) {
    if (row > from) text += ',';
    const value = values[row]!;
    const missing = typeof value === 'string' ? value === '' : Number.isNaN(value);
    if (missing) text += 'null';
    else if (hide !== undefined) text += JSON.stringify(hide(String(value)));
    else if (typeof value === 'string')
      text += JSON.stringify(value.length > LONGEST ? value.slice(0, LONGEST) : value);
    else if (feature.type === 'boolean') text += value === 1;
    else text += numberText(value);
  }
  return `${text}]`;
}

const numberText = (value: number): string => (Number.isFinite(value) ? `${value}` : 'null');
