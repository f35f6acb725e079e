import * as z from 'zod';
import { boundOf } from './bound.ts';
import { defineRule, NUMBERS } from './rule.ts';

/** The largest number allowed. */
export const max = defineRule({
  shape: { max: z.number().optional().describe('Largest value allowed, inclusive; numbers only.') },
  types: NUMBERS,
  of(feature) {
    const { max: most } = feature;
    if (most === undefined) return undefined;
    const { nearest, limit, sql } = boundOf(feature, most, Math.floor, '>');
    return {
      allowed: `at most ${most}`,
      breaks: (value) => (value as number) > most,
      sql,
      clamp: () => nearest,
      certain: { highest: most },
      openApi: (input) => ({ maximum: limit(input) }),
      examples: [nearest],
    };
  },
});
