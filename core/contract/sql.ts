import type { Contract, Feature, Violation } from './contract.ts';
import { allowedText, ruleOf } from './rule.ts';

/** The contract as SQL over a table of typed columns (see {@link sqlTypeOf}). Nothing here comes from a data file. */

/** What a violation's code stands for; 0 is none. */
export const RULE_CODES = ['none', 'missing', 'type', 'min', 'max', 'allowed', 'maxLength'] as const;

/** Column type a feature is read as. Integers are read as numbers, so that 1.5 is seen rather than rounded. */
export function sqlTypeOf(type: Feature['type']): 'DOUBLE' | 'VARCHAR' | 'BOOLEAN' {
  return type === 'string' ? 'VARCHAR' : type === 'boolean' ? 'BOOLEAN' : 'DOUBLE';
}

/** Column type a feature has in a dataset. */
export function datasetTypeOf(type: Feature['type']): string {
  return type === 'integer' ? 'BIGINT' : sqlTypeOf(type);
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** An expression that is the code of the first rule that a row's value breaks, in the order of {@link RULE_CODES}. */
export function codeSql(feature: Feature): string {
  const column = quoted(feature.name);
  const cases: string[] = [];
  const when = (condition: string, rule: (typeof RULE_CODES)[number]): number =>
    cases.push(`WHEN ${condition} THEN ${RULE_CODES.indexOf(rule)}`);
  const isNumber = feature.type === 'float' || feature.type === 'integer';
  const missing = isNumber
    ? `${column} IS NULL OR isnan(${column})`
    : feature.type === 'string'
      ? `${column} IS NULL OR ${column} = ''`
      : `${column} IS NULL`;
  if (feature.missing === 'reject') when(missing, 'missing');
  else cases.push(`WHEN ${missing} THEN 0`);
  if (isNumber)
    when(feature.type === 'integer' ? `isinf(${column}) OR ${column} <> trunc(${column})` : `isinf(${column})`, 'type');
  // ONNX Runtime's strings end at a NUL.
  if (feature.type === 'string') when(`contains(${column}, chr(0))`, 'type');
  if (feature.min !== undefined) when(`${column} < ${text(String(feature.min))}::DOUBLE`, 'min');
  if (feature.max !== undefined) when(`${column} > ${text(String(feature.max))}::DOUBLE`, 'max');
  if (feature.allowed) {
    const list = feature.allowed.map((value) => (isNumber ? `${text(String(value))}::DOUBLE` : text(String(value))));
    when(`${column} NOT IN (${list.join(', ')})`, 'allowed');
  }
  if (feature.maxLength !== undefined) when(`length(${column}) > ${feature.maxLength}`, 'maxLength');
  return cases.length === 0 ? '0' : `CASE ${cases.join(' ')} ELSE 0 END`;
}

/** One scan: the row ids and codes of the rows of `table` that break any rule of the contract. */
export function violationsSql(contract: Contract, table: string): string {
  if (contract.features.length === 0) return `SELECT rowid AS id FROM ${table} WHERE false`;
  const codes = contract.features.map((feature, i) => `(${codeSql(feature)})::TINYINT AS c${i}`);
  const any = contract.features.map((_, i) => `c${i} <> 0`);
  return `SELECT * FROM (SELECT rowid AS id, ${codes.join(', ')} FROM ${table}) WHERE ${any.join(' OR ')}`;
}

/** A violation from its code; the value received is left out of personal features. */
export function violationOf(feature: Feature, code: number, received: unknown, row: number): Violation {
  const rule = RULE_CODES[code] as Violation['rule'];
  const shown = received === null || received === undefined ? 'nothing' : String(received).slice(0, 60);
  return {
    feature: feature.name,
    rule,
    ...(feature.personal === 'no' ? { received: shown } : {}),
    allowed: allowedText(ruleOf(feature), rule),
    row,
  };
}
