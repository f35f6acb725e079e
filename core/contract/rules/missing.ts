import * as z from 'zod';
import { VALUE_TYPES } from '../types/types.ts';
import { defineRule } from './rule.ts';

/** Whether a value may be missing. What is missing is asked nothing else. */
export const missing = defineRule({
  shape: {
    missing: z
      .enum(['allow', 'reject'])
      .default('reject')
      .describe('Whether a missing value is allowed: null, NaN, or one of the tokens for it in text.'),
  },
  structural: true,
  of({ name, type, inputType, missing: policy }) {
    const sql = VALUE_TYPES[type].sqlOf(inputType).missing(name);
    const allowed = 'a value';
    if (policy === 'allow')
      return {
        allowed,
        breaks: () => false,
        exempts: { is: (cell) => cell === null, sql },
        certain: { missing: true },
      };
    return {
      allowed,
      breaks: (cell) => cell === null,
      sql: () => sql,
      certain: {},
    };
  },
});
