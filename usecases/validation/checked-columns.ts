import { CELL_STATES, type CellRule } from '../../core/contract/cells/cell-rule.ts';
import type { Contract, Feature } from '../../core/contract/contract.ts';
import { featureRules, type RuleName } from '../../core/contract/rules/rules.ts';

/** A rule that a column's cells may break. */
export interface ColumnRule {
  readonly name: RuleName;
  /** Tells it from the column's other rules; greater than 0 and less than {@link CODES}. */
  readonly code: number;
  /** In words. */
  readonly allowed: string;
}

/** Codes that a column may have. */
export const CODES = 64;

/** A column of a file with what its cells are read by, and the rules that they are asked. */
export interface CheckedColumn {
  readonly name: string;
  readonly feature: Feature | undefined;
  readonly cell: CellRule;
  readonly rules: readonly ColumnRule[];
  /** Code of the first rule that a cell breaks, 0 where it breaks none, as SQL over its value and state. */
  code(value: string, state: string): string;
}

/** The columns of a file, in its order. */
export function checkedColumns(contract: Contract, names: readonly string[]): CheckedColumn[] {
  const features = new Map(contract.features.map((feature) => [feature.name, feature]));
  return names.map((name) => {
    const feature = features.get(name);
    return feature === undefined ? carriedColumn(name) : featureColumn(feature);
  });
}

function featureColumn(feature: Feature & { inputType?: CellRule['inputType'] }): CheckedColumn {
  const { name, type, inputType } = feature;
  const rules = featureRules(feature);
  return {
    name,
    feature,
    cell: { type, ...(inputType === undefined ? {} : { inputType }) },
    rules,
    code: (value, state) => {
      const cases = rules.flatMap(({ name: rule, code, sql, exempts }) => {
        if (rule === 'missing')
          return [`WHEN ${state} = ${CELL_STATES.missing} THEN ${exempts === undefined ? code : 0}`];
        if (rule === 'type') return [`WHEN ${state} >= ${CELL_STATES.type} THEN ${code}`];
        return sql === undefined ? [] : [`WHEN ${sql(value)} THEN ${code}`];
      });
      return `CASE ${cases.join(' ')} ELSE 0 END`;
    },
  };
}

/** A column that is carried along: any text will do. */
function carriedColumn(name: string): CheckedColumn {
  const rule = { name: 'type', code: 1, allowed: 'a plain value' } as const;
  return {
    name,
    feature: undefined,
    cell: { type: 'any' },
    rules: [rule],
    code: (_, state) => `CASE WHEN ${state} >= ${CELL_STATES.type} THEN ${rule.code} ELSE 0 END`,
  };
}
