import type { CompiledContract } from '../contract/check.ts';
import type { Feature } from '../contract/contract.ts';
import type { ViolationCount } from '../contract/findings.ts';
import { type PrivacyKeys, treatmentBy } from '../contract/personal.ts';
import type { FeatureValues } from '../contract/raw-tensor.ts';
import { shortest } from '../model/decimal.ts';
import type { RequestOutcome } from '../observability/observation.ts';
import type { Variant } from '../serving/variant.ts';
import { LONGEST_STRING } from './capture.ts';
import type { CapturedOutputs } from './output-reader.ts';
import { packNumbers } from './packed.ts';
import { PRINCIPAL_FIELD, UNIT_FIELD } from './pseudonym-fields.ts';
import { rememberedPseudonyms } from './remembered-pseudonyms.ts';

/** One request's worth of capture. */
export interface CaptureInput {
  readonly id: string;
  readonly version: number;
  readonly variant: Variant;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly rows: number;
  /** Milliseconds since the request arrived. */
  readonly ms: number;
  /** In the order of `Check.features`; fewer, or none, of a request that was read no further. */
  readonly values: readonly FeatureValues[];
  /** Nothing of a request that failed. */
  readonly outputs: CapturedOutputs;
  readonly findings: readonly ViolationCount[];
  /** Rows that are unlike the baseline. */
  readonly outOfDistribution?: number | undefined;
  /** Whom the request is about, where it says so beside the features. */
  readonly subject?: string | undefined;
  /** What was given a version at random, unless it was the request itself. */
  readonly unit?: string | undefined;
  /** Who has sent it, as authenticated. */
  readonly principal?: string | undefined;
  /** Of the release that chose the version; 0 or absent: there is no ledger. */
  readonly revision?: number | undefined;
  /** Whether it named its version or variant. */
  readonly named?: boolean | undefined;
  /** Of a request that failed: by whose fault. */
  readonly failed?: Exclude<RequestOutcome, 'ok'> | undefined;
}

export interface CapturePrivacy {
  /** The contract's `data.subject`. */
  readonly subject?: string | undefined;
  /** The keys as far as they are known by now, asked for where there is something to hide; without them, what should be hashed or encrypted is left out. */
  readonly keys?: () => PrivacyKeys | undefined;
  /**
   * Keys of this process alone, by which units and callers are told apart as long as the others are not known. Without
   * them all such requests would have to pass for one unit, and nothing could be decided by them.
   */
  readonly ownKeys?: PrivacyKeys | undefined;
  /** Classes whose probabilities are captured. @default 0 */
  readonly classes?: number | undefined;
}

/** Writes capture lines of one model; made once a version. */
export interface CaptureWriter {
  /** One line, or several for a batch too large for one log event (256 KB); none has a line end. */
  lines(input: CaptureInput): string[];
}

/** Up to this many numbers of a column are written as people read them; above, packed. */
const PLAIN_NUMBERS = 16;
/** Bytes of a packed number: base64 of a double. */
const PACKED_BYTES = 11;
/** Bytes of a line that findings may take: few features break many rules, and a line must fit an event. */
const FINDINGS_BYTES = 32_000;
/** What a line may hold, estimated; the rest is left for its frame. */
const LINE_BYTES = 200_000;

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
 * encrypted; whom a row is about, what was randomised and who has sent it are written as pseudonyms only.
 */
export function captureWriter(
  model: string,
  check: Pick<CompiledContract, 'features'>,
  { subject, keys = () => undefined, ownKeys, classes = 0 }: CapturePrivacy = {},
): CaptureWriter {
  const columns: CapturedColumn[] = [];
  for (const [index, feature] of check.features.entries())
    if (feature.personal !== 'omit') columns.push({ name: JSON.stringify(feature.name), feature, index, owner: model });
  const subjectAt = check.features.findIndex(({ name }) => name === subject);
  const head = `{"trimtab":"capture","model":${JSON.stringify(model)}`;
  /** Whether there is something to hide in any request. */
  const hides = subject !== undefined || columns.some(({ feature }) => feature.personal !== 'no');
  const bytesPerRow = 48 + PACKED_BYTES * classes + columns.reduce((sum, { feature }) => sum + bytesOf(feature), 0);
  const rowsPerLine = Math.max(1, Math.floor(LINE_BYTES / bytesPerRow));

  const unitOf = rememberedPseudonyms(UNIT_FIELD);
  const principalOf = rememberedPseudonyms(PRINCIPAL_FIELD);

  /** What was randomised and who has sent it. What should be hidden is left out while there are no keys to do it with. */
  const whoText = ({ unit, principal }: CaptureInput, given: PrivacyKeys | undefined): string => {
    const known = given ?? ownKeys;
    let text = '';
    if (unit !== undefined) text += `,"unit":${known === undefined ? 'null' : quoted(unitOf(known, unit))}`;
    if (principal !== undefined && known !== undefined) text += `,"principal":${quoted(principalOf(known, principal))}`;
    return text;
  };

  const subjectText = (input: CaptureInput, rows: RowRange, known: PrivacyKeys | undefined): string => {
    if (subject === undefined || known === undefined || subjectAt >= input.values.length) return '';
    const hide = (value: string): string => JSON.stringify(known.pseudonym(subject, value));
    if (subjectAt >= 0)
      return `,"subject":${valuesText(check.features[subjectAt]!, input.values[subjectAt]!, rows, hide)}`;
    return input.subject === undefined ? '' : `,"subject":${hide(input.subject)}`;
  };

  const line = (input: CaptureInput, rows: RowRange, known: PrivacyKeys | undefined): string => {
    const { from, to } = rows;
    let text = `${head},"id":${JSON.stringify(input.id)},"version":${input.version},"variant":"${input.variant}","at":"${input.at}","rows":${to - from}`;
    if (input.rows > rowsPerLine) text += `,"first":${from}`;
    text += `,"ms":${Math.round(input.ms * 1_000) / 1_000}${whoText(input, known)}`;
    if (input.revision) text += `,"revision":${input.revision}`;
    if (input.named) text += ',"named":true';
    if (input.failed !== undefined) text += `,"failed":"${input.failed}"`;
    text += `${subjectText(input, rows, known)},"features":{`;
    let comma = '';
    for (const column of columns) {
      // Not there when the request was read no further.
      const given = input.values[column.index];
      const values = given && columnText(column, given, rows, known);
      if (values === undefined) continue;
      text += `${comma}${column.name}:${values}`;
      comma = ',';
    }
    text += `}${outputsText(input.outputs, rows, input.rows)}`;
    if (from === 0) text += countsText(input);
    return `${text}}`;
  };

  return {
    lines(input) {
      const known = hides || input.unit !== undefined || input.principal !== undefined ? keys() : undefined;
      if (input.rows <= rowsPerLine) return [line(input, { from: 0, to: input.rows }, known)];
      const lines: string[] = [];
      for (let from = 0; from < input.rows; from += rowsPerLine)
        lines.push(line(input, { from, to: Math.min(input.rows, from + rowsPerLine) }, known));
      return lines;
    },
  };
}

function bytesOf({ type, personal }: Feature): number {
  const plain = type === 'string' ? LONGEST_STRING + 3 : 24;
  // Outside ASCII a UTF-16 unit takes up to three bytes, and base64 four for three.
  return personal === 'encrypt' ? ENVELOPE_BYTES + (type === 'string' ? 4 * LONGEST_STRING : 32) : plain;
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
    const most = feature.personal === 'encrypt' ? LONGEST_STRING : Number.POSITIVE_INFINITY;
    return hide && valuesText(feature, values, rows, (value) => JSON.stringify(hide(value.slice(0, most))));
  }
  if (rows.to - rows.from > PLAIN_NUMBERS && values instanceof Float64Array && feature.type !== 'boolean')
    return `"${packNumbers(values.subarray(rows.from, rows.to))}"`;
  return valuesText(feature, values, rows);
}

const quoted = (text: string): string => JSON.stringify(text);

/** @param all rows of the request */
function outputsText({ scores, probabilities, labels }: CapturedOutputs, rows: RowRange, all: number): string {
  let text = '';
  if (scores !== undefined) text += `,"scores":${numbersText(scores, rows)}`;
  if (probabilities !== undefined) {
    const width = probabilities.length / all;
    const own = probabilities.subarray(rows.from * width, rows.to * width);
    const plain = own.length <= PLAIN_NUMBERS;
    text += `,"probabilities":${plain ? numbersText(own.map(shortest), { from: 0, to: own.length }) : `"${packNumbers(own)}"`}`;
  }
  if (labels !== undefined) text += `,"labels":${numbersText(labels, rows)}`;
  return text;
}

function numbersText(numbers: ArrayLike<number>, { from, to }: RowRange): string {
  let text = '[';
  const last = Math.min(to, numbers.length);
  for (let i = from; i < last; i++) text += (i === from ? '' : ',') + numberText(numbers[i]!);
  return `${text}]`;
}

/** What is counted of the request as a whole; the most frequent findings, where not all have room. */
function countsText({ findings, outOfDistribution }: CaptureInput): string {
  let text = '';
  if (findings.length > 0) {
    const texts: string[] = [];
    let bytes = 0;
    for (const { feature, rule, count, unread } of findings.toSorted((a, b) => b.count - a.count)) {
      const one = `{"feature":${quoted(feature)},"rule":"${rule}","count":${count}${unread ? `,"unread":${unread}` : ''}}`;
      bytes += Buffer.byteLength(one);
      if (bytes > FINDINGS_BYTES) break;
      texts.push(one);
    }
    text += `,"findings":[${texts}]`;
  }
  if (outOfDistribution !== undefined && outOfDistribution > 0) text += `,"outOfDistribution":${outOfDistribution}`;
  return text;
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
    const missing = value === '' || Number.isNaN(value);
    if (missing) text += 'null';
    else if (hide !== undefined) text += hide(feature.type === 'boolean' ? String(value === 1) : String(value));
    else if (typeof value === 'string')
      text += JSON.stringify(value.length > LONGEST_STRING ? value.slice(0, LONGEST_STRING) : value);
    // What no double holds goes as text: others who read JSON would round it.
    else if (typeof value === 'bigint') text += `"${value}"`;
    else if (feature.type === 'boolean') text += value === 1;
    else text += numberText(value);
  }
  return `${text}]`;
}

const numberText = (value: number): string => (Number.isFinite(value) ? `${value}` : 'null');
