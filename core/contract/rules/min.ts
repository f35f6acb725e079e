import * as z from 'zod';
import { boundOf } from './bound.ts';
import { defineRule, NUMBERS } from './rule.ts';

/** The smallest number allowed. */
export const min = defineRule({
  shape: { min: z.number().optional().describe('Smallest value allowed, inclusive; numbers only.') },
  types: NUMBERS,
  of(feature) {
    const { min: least } = feature;
    if (least === undefined) return undefined;
    const { nearest, limit, sql } = boundOf(feature, least, Math.ceil, '<');
    return {
      allowed: `at least ${least}`,
      breaks: (value) => (value as number) < least,
      sql,
      clamp: () => nearest,
      certain: { lowest: least },
      openApi: (input) => ({ minimum: limit(input) }),
      examples: [nearest],
    };
  },
});
