import { sqlText } from '../sql-text.ts';
import { booleanText } from './boolean-sql.ts';
import { CELL_STATES, type CellParts, type CellRule, type CellSource, type CellSql } from './cell-rule.ts';
import { classText } from './class-sql.ts';
import { floatText } from './float-sql.ts';
import { integerText, integerType } from './integer-sql.ts';
import { ESCAPED, WRONG_KIND } from './json-field.ts';
import { MISSING_TOKENS } from './literals.ts';
import { trimmed } from './match-sql.ts';
import { isParquetText, missingParquet, parquetParts } from './parquet-sql.ts';
import { parquetText } from './parquet-text.ts';
import { isNumberType } from './parquet-types.ts';
import { timeText } from './time-sql.ts';

/**
 * What a cell of a column is, as SQL: its value and its state. Nothing here comes from a data file.
 *
 * @param column expression of the column: VARCHAR for text (null is an unquoted empty field) and JSON, as it is for Parquet
 * @param source of a Parquet column a type that {@link fitsParquet}
 * @param hold takes an expression over the column that the value is made of, and says where it is at hand
 */
export function cellSql(rule: CellRule, column: string, source: CellSource, hold: Hold = (cast) => cast): CellSql {
  const { value, missing, range } = partsOf({ rule, source, hold }, column);
  const others = [
    `WHEN ${column} IS NULL${missing === undefined ? '' : ` OR ${missing}`} THEN ${CELL_STATES.missing}`,
    ...(range === undefined ? [] : [`WHEN ${range} THEN ${CELL_STATES.range}`]),
  ];
  const stateBeside = (own: string): string =>
    `(CASE WHEN (${own}) IS NOT NULL THEN ${CELL_STATES.value} ${others.join(' ')} ELSE ${CELL_STATES.type} END)::TINYINT`;
  return { value, state: stateBeside(value), stateBeside, ...typesOf(rule) };
}

type Hold = (expression: string) => string;

interface Reading {
  readonly rule: CellRule;
  readonly source: CellSource;
  readonly hold: Hold;
}

function partsOf({ rule, source, hold }: Reading, column: string): CellParts {
  if (typeof source === 'object') {
    const { parquet } = source;
    if (!isParquetText(rule, parquet)) return parquetParts(rule, column, parquet);
    const own = parquetText(column, parquet);
    // Of a number it takes a while, and is asked for more than once.
    const text = isNumberType(parquet) ? hold(own) : own;
    return { ...textParts(rule, text, hold), missing: missingParquet(column, parquet) };
  }
  if (source === 'json') {
    const parts = textParts(rule, column, hold);
    if (!isText(rule)) return parts;
    const begins = (mark: string): string => `starts_with(${column}, ${mark})`;
    const rest = textParts(rule, `substr(${column}, 2)`, hold).value;
    return {
      value: `CASE WHEN ${begins(WRONG_KIND.sql)} THEN NULL WHEN ${begins(ESCAPED.sql)} THEN ${rest} ELSE ${parts.value} END`,
    };
  }
  if (isText(rule)) {
    const parts = textParts(rule, column, hold);
    // In the only column of a file a line with nothing on it is no record: a missing value has quotes.
    return source === 'text' ? parts : { value: `nullif(${parts.value}, '')`, missing: `${column} = ''` };
  }
  const tokens = rule.missingTokens ?? MISSING_TOKENS;
  const missing = missingText(column, tokens);
  const parts = textParts(rule, column, hold);
  // A token that is a literal, too, such as -999, is asked about before what it would be as one.
  const value = tokens.some(isOwn) ? `CASE WHEN NOT ${missing} THEN ${parts.value} END` : parts.value;
  return { ...parts, value, missing };
}

const isText = ({ type }: CellRule): boolean => type === 'string' || type === 'any';

const isOwn = (token: string): boolean => !MISSING_TOKENS.includes(token);

function textParts(rule: CellRule, text: string, hold: Hold): CellParts {
  switch (rule.type) {
    case 'integer':
      return integerText(text, rule.inputType === 'uint64', hold);
    case 'float':
      return floatText(text, hold);
    case 'boolean':
      return booleanText(text);
    case 'time':
      return timeText(text, rule);
    case 'class':
      return classText(text, rule.classes ?? []);
    default:
      return { value: `CASE WHEN NOT contains(${text}, chr(0)) THEN ${text} END` };
  }
}

/** Condition for a text that says in words, or by nothing between its quotes, that there is no value. */
function missingText(text: string, tokens: readonly string[]): string {
  const words = ['', ...tokens.map((token) => token.toLowerCase())];
  return `lower(${trimmed(text)}) IN (${words.map(sqlText).join(', ')})`;
}

function typesOf({ type, inputType }: CellRule): Pick<CellSql, 'type' | 'dataset'> {
  switch (type) {
    case 'integer': {
      const unsigned = inputType === 'uint64';
      return { type: integerType(unsigned), dataset: unsigned ? 'UBIGINT' : 'BIGINT' };
    }
    case 'float':
      return { type: 'DOUBLE', dataset: 'DOUBLE' };
    case 'boolean':
      return { type: 'BOOLEAN', dataset: 'BOOLEAN' };
    case 'time':
      return { type: 'TIMESTAMPTZ', dataset: 'TIMESTAMPTZ' };
    default:
      return { type: 'VARCHAR', dataset: 'VARCHAR' };
  }
}
