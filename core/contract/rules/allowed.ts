import * as z from 'zod';
import { isKept } from '../../model/kept-text.ts';
import { isLargeInteger, statedNumber } from '../../model/stated-number.ts';
import { sqlDouble, sqlInteger, sqlText } from '../sql-text.ts';
import { VALUE_TYPES } from '../types/types.ts';
import type { Cell, FeatureType, Value } from '../types/value-type.ts';
import { defineRule } from './rule.ts';

/** Values that a message names. */
const MAX_NAMED = 12;

/** A closed list of values. */
export const allowed = defineRule({
  shape: {
    allowed: z
      .array(z.union([z.string(), z.number()]))
      .min(1)
      .max(10_000)
      .optional()
      .describe(
        'The only values allowed (case-sensitive); numbers and strings only, of integers beyond 2^53 strings of their digits. Whether one may be missing is for `missing` to say.',
      ),
  },
  types: ['float', 'integer', 'string'],
  problem({ type, allowed: list = [] }) {
    const wrong = list.find(
      (value) =>
        (typeof value === 'string') !== (type === 'string') && !(type === 'integer' && isLargeInteger(String(value))),
    );
    if (wrong !== undefined) return `allowed has ${JSON.stringify(wrong)}, which is no ${type}`;
    const broken = list.find((value) => typeof value === 'string' && !isKept(value));
    return broken === undefined
      ? undefined
      : `allowed has ${JSON.stringify(broken)}, which is no Unicode text without NUL: no value could be it`;
  },
  of({ type, inputType, allowed: list }) {
    if (list === undefined) return undefined;
    // What is no value of the type could not come, and its literal would break the query.
    const values = list
      .map((value) => (type === 'integer' ? statedNumber(value) : value))
      .filter((value) => VALUE_TYPES[type].accepts(value, inputType));
    const members = new Set<Cell>(values);
    const named = list.slice(0, MAX_NAMED).join(', ');
    const literals = values.map((value) => literal(type, value));
    return {
      allowed: `one of ${named}${list.length > MAX_NAMED ? `, … (${list.length} values)` : ''}`,
      breaks: (value) => !members.has(type === 'integer' ? memberOf(value) : value),
      sql: (value) => notAmong(value, literals),
      // A double that stands for several integers is asked about.
      certain: { values: values.filter((value) => typeof value !== 'bigint') },
      // No reader of a description keeps the digits of the others.
      openApi: () => (values.some((value) => typeof value === 'bigint') ? {} : { enum: list }),
      examples: values,
    };
  },
});

/** An integer as the list has it: a bigint beyond 2^53, and only there. */
function memberOf(value: Cell): Cell {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value) : value;
}

/** Lists up to this length are gone through one by one. */
const SHORT_LIST = 200;

/** Of a few values a list is quicker than IN, which the engine may turn into a join with memory of its own. */
function notAmong(value: string, literals: readonly string[]): string {
  if (literals.length === 0) return 'true';
  const list = literals.join(', ');
  return literals.length > SHORT_LIST ? `${value} NOT IN (${list})` : `NOT list_contains([${list}], ${value})`;
}

function literal(type: FeatureType, value: Value): string {
  if (typeof value === 'string') return sqlText(value);
  return type === 'integer' ? sqlInteger(BigInt(value)) : sqlDouble(Number(value));
}
