import { MISSING_TOKENS, withoutBlanks } from '../contract/cells/literals.ts';
import type { CategoricalProfile, ColumnProfile, NumericProfile } from '../profile/profile.ts';

/** What the profile of a column of numbers does not say. */
export interface NumberFacts {
  /** Whether all its values are whole. */
  readonly whole: boolean;
  /** Different values; undefined where nobody has counted. */
  readonly distinct?: number | undefined;
  /** Whether all its values are days written as 20240131. */
  readonly days?: boolean;
}

/** What the values of a column are, where no distribution of them says anything. */
export interface ColumnKind {
  readonly kind: 'identifier' | 'time' | 'free text' | 'empty';
  /** By what that is known. */
  readonly why: string;
  /** Whether a feature may look like that as well. */
  readonly weak: boolean;
}

/** Fewer values than this may all differ by chance. */
const MIN_VALUES = 20;
/** Words of a value on average from which it is a sentence. */
const MIN_WORDS = 3;
/** Different values among all from which text is no category. */
const MAX_REPEATED_SHARE = 0.5;

const ID_NAME = /(?:^|[_\s.-])(?:id|ids|uid|uuid|guid|key|number|no|nr|index|idx)$|[a-z](?:Id|ID)$|^(?:id|unnamed: 0)$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const DATE_TEXT =
  /^(?:\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?|\d{1,2}[./]\d{1,2}[./]\d{4}(?: .*)?|\d{4}\/\d{1,2}\/\d{1,2}(?: .*)?)$/;

/** Whether a column is called like one that identifies rows. */
export const isIdName = (name: string): boolean => ID_NAME.test(name) || ID_NAME.test(name.toLowerCase());

/** Names that ground truth is usually under, in any capitals. */
export const isLabelName = (name: string): boolean =>
  /^(?:y|label|labels|target|class|outcome|truth|ground_?truth)$/i.test(name);

/** What a column is, by its values and its name; undefined where it is a quantity or a category. */
export function columnKind(name: string, column: ColumnProfile, facts?: NumberFacts): ColumnKind | undefined {
  const values = column.rows - column.missing;
  if (values === 0) return { kind: 'empty', why: `no value in ${column.rows} rows`, weak: true };
  return column.kind === 'numeric' ? numberKind(name, column, facts) : textKind(name, column, values);
}

/** Seconds and milliseconds since 1970 of the years 1998 to 2036. */
const EPOCHS = [
  { unit: 'seconds', lowest: 9e8, highest: 2.1e9 },
  { unit: 'milliseconds', lowest: 9e11, highest: 2.1e12 },
] as const;

function numberKind(
  name: string,
  { min, max, rows, missing }: NumericProfile,
  facts: NumberFacts | undefined,
): ColumnKind | undefined {
  if (min === null || max === null || facts?.whole !== true) return undefined;
  const values = rows - missing;
  if (facts.days) return { kind: 'time', why: `days such as ${min}`, weak: false };
  const epoch = EPOCHS.find(({ lowest, highest }) => min >= lowest && max <= highest);
  if (epoch !== undefined && min < max) return { kind: 'time', why: `times in ${epoch.unit} since 1970`, weak: true };
  if (facts.distinct !== values) return undefined;
  if (isIdName(name) && values > 1)
    return { kind: 'identifier', why: 'by its name, and every value differs', weak: false };
  if (values >= MIN_VALUES && max - min + 1 === values)
    return { kind: 'identifier', why: `a running number, ${min} to ${max}`, weak: true };
  return undefined;
}

function textKind(name: string, column: CategoricalProfile, values: number): ColumnKind | undefined {
  const { categories, counts, other } = column;
  const seen = categories.slice(0, 200);
  if (seen.every((value) => DATE_TEXT.test(value)))
    return { kind: 'time', why: `times such as ${seen[0]}`, weak: false };
  const unique = counts[0] === 1;
  if (seen.every((value) => UUID.test(value))) return { kind: 'identifier', why: 'UUIDs', weak: false };
  const words = seen.reduce((sum, value) => sum + value.trim().split(/\s+/).length, 0) / seen.length;
  // Beyond the first thousand nobody has counted how many differ: those that are counted are the most frequent.
  const distinct = other === 0 ? categories.length : Math.max(categories.length, values / Math.max(1, counts[0]!));
  const many = distinct / values > MAX_REPEATED_SHARE || other > 0;
  if (many && words >= MIN_WORDS && values >= MIN_VALUES)
    return { kind: 'free text', why: `texts of ${Math.round(words)} words`, weak: false };
  if (!unique) return undefined;
  if (isIdName(name) && values > 1)
    return { kind: 'identifier', why: 'by its name, and every value differs', weak: false };
  return values >= MIN_VALUES ? { kind: 'identifier', why: 'every value differs', weak: true } : undefined;
}

/** Text of a column of numbers: `true` and `false` in any capitals, and nothing else. */
export const isTrueOrFalse = (column: ColumnProfile): boolean =>
  column.kind === 'categorical' &&
  column.other === 0 &&
  column.categories.length > 0 &&
  column.categories.every((value) => /^(?:true|false)$/i.test(withoutBlanks(value)));

/** Different texts beside numbers up to which a column of text was meant to hold numbers. */
const MAX_ODD_SHARE = 0.1;
const NUMBER_TEXT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const COMMA_TEXT = /^[+-]?\d[\d.]*,\d+(?:[eE][+-]?\d+)?$/;

/** Why a column of text is no column of numbers though it holds nearly nothing else; undefined where it is text. */
export function unreadNumbers(
  column: ColumnProfile,
): 'decimal commas' | { readonly odd: readonly string[] } | undefined {
  if (column.kind !== 'categorical' || column.categories.length === 0) return undefined;
  const odd = column.categories.filter((value) => !NUMBER_TEXT.test(withoutBlanks(value)));
  const most = MAX_ODD_SHARE * column.categories.length;
  if (
    odd.filter((value) => !COMMA_TEXT.test(withoutBlanks(value))).length <= most &&
    odd.some((value) => COMMA_TEXT.test(withoutBlanks(value)))
  )
    return 'decimal commas';
  return odd.length > 0 && odd.length <= Math.max(1, most) && column.categories.length > 2 ? { odd } : undefined;
}

/** How people write that a number is not there, besides what every contract takes for it; in lower case. */
const ABSENT = new Set(['n/a', '#n/a', '<na>', '(null)', '#null!', '-', '--', '---', '.', '..', '?']);
/** The same, but among few values each of these may be one as well: no child, none of the classes. */
const ABSENT_WORDS = new Set(['none', 'nil', 'nat', 'missing']);
/** Different values of a column up to which they are few. */
const FEW_VALUES = 20;

/** The words for a missing number that alone keep a column from being one of numbers; none of any other column. */
export function absentTokens(column: ColumnProfile): readonly string[] {
  const unread = unreadNumbers(column);
  if (unread === undefined || unread === 'decimal commas' || (column.kind === 'categorical' && column.other > 0))
    return [];
  // Words that every contract knows stand beside them, and are odd only here.
  const own = unread.odd.map(withoutBlanks).filter((value) => !isMissingToken(value));
  const few = column.kind === 'categorical' && column.categories.length <= FEW_VALUES;
  const isAbsent = (word: string): boolean => ABSENT.has(word) || (!few && ABSENT_WORDS.has(word));
  return own.every((value) => isAbsent(value.toLowerCase())) ? own : [];
}

const isMissingToken = (value: string): boolean =>
  value === '' || MISSING_TOKENS.some((token) => token.toLowerCase() === value.toLowerCase());
