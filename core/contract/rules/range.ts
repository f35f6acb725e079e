import { elementText } from '../elements.ts';
import { integerRange } from '../integer-range.ts';
import { sqlInteger } from '../sql-text.ts';
import { defineRule } from './rule.ts';

/**
 * The graph's input has an element for the value: of an integer, whatever the contract lets through. There is nothing
 * to clamp to, for it was the contract that said no bound.
 */
export const range = defineRule({
  shape: {},
  structural: true,
  of({ type, inputType }) {
    if (type !== 'integer' || inputType === undefined) return undefined;
    const { lowest, highest } = inputType === 'bool' ? { lowest: 0, highest: 1 } : (integerRange(inputType) ?? {});
    if (lowest === undefined || highest === undefined) return undefined;
    return {
      allowed: elementText(inputType),
      breaks: (value) => (value as number) < lowest || (value as number) > highest,
      sql: (value) => `${value} < ${sqlInteger(BigInt(lowest))} OR ${value} > ${sqlInteger(BigInt(highest))}`,
      certain: { lowest: Number(lowest), highest: Number(highest) },
      examples: [Number(lowest), Number(highest)],
    };
  },
});
