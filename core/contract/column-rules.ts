import type { CellRule } from './cells/cell-rule.ts';
import type { Contract } from './contract.ts';
import { type OtherColumn, otherColumns } from './data-columns.ts';
import { treatmentOf } from './personal.ts';
import type { PersonalTreatment } from './personal-treatment.ts';
import type { RuledFeature } from './rules/rule.ts';
import { featureRules, RULES } from './rules/rules.ts';
import { sqlText } from './sql-text.ts';
import { VALUE_TYPES } from './types/types.ts';
import type { Violation } from './violation.ts';

/** A rule that every value of a column is held to. */
export interface ColumnCheck {
  readonly name: Exclude<Violation['rule'], 'shape' | 'duplicate' | 'unreadable'>;
  /** What is allowed, in words. */
  readonly allowed: string;
  /** Tells which rule was broken, in the engine of files; 0 is none. */
  readonly code: number;
  /** Condition for a value that breaks it; none of a rule that the state of a cell says all about. */
  readonly sql?: ((value: string) => string) | undefined;
}

/** A column of data files, feature or not, with all that its cells are held to. */
export interface ColumnRule extends CellRule {
  readonly name: string;
  readonly role: 'feature' | OtherColumn['role'];
  /** Whether a file must have the column; what a row must have is among the checks. */
  readonly required: boolean;
  readonly personal: PersonalTreatment;
  /** In the order in which they are asked. */
  readonly checks: readonly ColumnCheck[];
}

/**
 * All columns that files of a contract may have: features, id, time, label, extra. A column that is several of them is
 * what it is first.
 *
 * @param now arrival of the file, from which the future is told
 */
export function columnRules(contract: Contract, now: Date): ColumnRule[] {
  const { missingTokens } = contract.data;
  const features = contract.features.map((feature): ColumnRule => {
    const { name, type, personal } = feature;
    const { inputType } = feature as RuledFeature;
    // What may be missing has no rule that it breaks by that.
    const checks = featureRules(feature).filter(({ exempts }) => exempts === undefined);
    return { name, type, inputType, missingTokens, role: 'feature', required: true, personal, checks };
  });
  const others = otherColumns(contract.data).map((column): ColumnRule => {
    const rule = cellRule(column);
    return {
      ...rule,
      name: column.name,
      missingTokens,
      role: column.role,
      required: column.role === 'id' || column.role === 'time',
      personal: treatmentOf(contract, column.name),
      checks: checksOf(column, rule, now),
    };
  });
  const seen = new Set<string>();
  return [...features, ...others].filter(({ name }) => !seen.has(name) && seen.add(name));
}

function cellRule(column: OtherColumn): CellRule {
  if (column.role === 'time') return { type: 'time', formats: column.formats, zone: column.zone };
  if (column.role === 'label' && column.classes !== undefined)
    return { type: 'class', classes: column.classes.map(String) };
  return { type: column.type ?? 'any' };
}

/** What is said of values that no type of a feature has. */
const WORDS = { time: 'a time with its zone', any: 'a plain value without NUL' };

const codeOf = (name: keyof typeof RULES): number => Object.keys(RULES).indexOf(name) + 1;
const FUTURE_CODE = Object.keys(RULES).length + 1;

function checksOf(column: OtherColumn, rule: CellRule, now: Date): ColumnCheck[] {
  const checks: ColumnCheck[] = [{ name: 'type', allowed: wordsOf(rule), code: codeOf('type') }];
  if ('required' in column && column.required)
    checks.unshift({ name: 'missing', allowed: 'a value', code: codeOf('missing') });
  if (rule.type === 'float') checks.push({ name: 'finite', allowed: 'a finite number', code: codeOf('finite') });
  if (column.role === 'time') {
    const latest = new Date(now.getTime() + column.futureToleranceSeconds * 1_000).toISOString();
    checks.push({
      name: 'future',
      allowed: `at most ${latest}`,
      code: FUTURE_CODE,
      sql: (value) => `${value} > ${sqlText(latest)}::TIMESTAMPTZ`,
    });
  }
  return checks;
}

/** Classes that a message names. */
const MAX_NAMED = 12;

function wordsOf({ type, classes = [], formats = [] }: CellRule): string {
  if (type === 'class')
    return `one of ${classes.slice(0, MAX_NAMED).join(', ')}${classes.length > MAX_NAMED ? `, … (${classes.length} classes)` : ''}`;
  if (type === 'time') return [WORDS.time, ...formats].join(', or ');
  return type === 'any' ? WORDS.any : VALUE_TYPES[type].text;
}
