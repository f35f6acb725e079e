import * as z from 'zod';
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
  of({ missing: policy }) {
    const allowed = 'a value';
    if (policy === 'allow')
      return { allowed, breaks: () => false, exempts: (cell) => cell === null, certain: { missing: true } };
    return { allowed, breaks: (cell) => cell === null, certain: {} };
  },
});
