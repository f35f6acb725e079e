import { clip, formatValue } from '../errors/format-value.ts';
import type { Contract, Feature } from './contract.ts';
import type { RuledFeature } from './rules/rule.ts';
import { type FeatureRule, featureRules, type RuleName } from './rules/rules.ts';
import { sqlName } from './sql-text.ts';
import { VALUE_TYPES } from './types/types.ts';
import type { SqlType } from './types/value-type.ts';
import type { Violation } from './violation.ts';

/**
 * The contract as SQL over a table or view with a column for each feature, of the type that {@link sqlTypeOf} says, and
 * one beside it where that says so. Nothing here comes from a data file.
 */
export const sqlTypeOf = ({ type, inputType }: RuledFeature): SqlType => VALUE_TYPES[type].sqlOf(inputType);

/** Expression of a feature's value, as rules compare it and datasets keep it. */
export const valueSql = (feature: RuledFeature): string => sqlTypeOf(feature).value(feature.name);

/** An expression that is the code of the first rule that a row's value breaks, 0 where it breaks none. */
export function codeSql(feature: Feature): string {
  const value = valueSql(feature);
  const cases = featureRules(feature).flatMap(({ code, exempts, sql }) => [
    ...(exempts === undefined ? [] : [`WHEN ${exempts.sql} THEN 0`]),
    ...(sql === undefined ? [] : [`WHEN ${sql(value)} THEN ${code}`]),
  ]);
  return cases.length === 0 ? '0' : `CASE ${cases.join(' ')} ELSE 0 END`;
}

/** One scan: the row ids and codes of the rows of `table` that break any rule of the contract. */
export function violationsSql(contract: Contract, table: string): string {
  if (contract.features.length === 0) return `SELECT rowid AS id FROM ${table} WHERE false`;
  const codes = contract.features.map((feature, i) => `(${codeSql(feature)})::TINYINT AS c${i}`);
  const any = contract.features.map((_, i) => `c${i} <> 0`);
  return `SELECT * FROM (SELECT rowid AS id, ${codes.join(', ')} FROM ${table}) WHERE ${any.join(' OR ')}`;
}

/** The rule of a feature that has a code. */
export const ruleOfCode = (feature: Feature, code: number): FeatureRule =>
  featureRules(feature).find((rule) => rule.code === code)!;

/** The rule of a feature that has a name. */
export const ruleNamed = (feature: Feature, name: RuleName): FeatureRule =>
  featureRules(feature).find((rule) => rule.name === name)!;

/** Expression of what a message shows of a feature's value in `table`. */
export function receivedSql(feature: RuledFeature, table: string): string {
  const { name } = feature;
  const { exact } = sqlTypeOf(feature);
  const column = `${table}.${sqlName(name)}`;
  return exact === undefined ? column : `coalesce(${table}.${exact.name(name)}::VARCHAR, ${column}::VARCHAR)`;
}

/** A violation of a row of a file; the value received is left out of personal features. */
export function fileViolation(
  feature: Feature,
  { name, allowed }: FeatureRule,
  received: unknown,
): Omit<Violation, 'row'> {
  return {
    feature: feature.name,
    rule: name,
    ...(feature.personal === 'no' ? { received: formatCell(received) } : {}),
    allowed,
  };
}

/** A cell as a message shows it: text as it stands in the file, without quotes around it. */
function formatCell(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  return typeof value === 'string' ? clip(value) : formatValue(value);
}
