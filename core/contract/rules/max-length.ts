import * as z from 'zod';
import { codePoints, firstCodePoints } from '../code-points.ts';
import { defineRule } from './rule.ts';

/** The longest string allowed, in Unicode code points. */
export const maxLength = defineRule({
  shape: {
    maxLength: z
      .int()
      .min(1)
      .optional()
      .describe('Longest string allowed, in Unicode code points (an emoji is one or more of them); strings only.'),
  },
  types: ['string'],
  of({ maxLength: most }) {
    if (most === undefined) return undefined;
    return {
      allowed: `at most ${most} characters`,
      // Code points are never more than UTF-16 units, which cost nothing to count.
      breaks: (value) => (value as string).length > most && codePoints(value as string) > most,
      sql: (value) => `length(${value}) > ${most}`,
      clamp: (value) => firstCodePoints(value as string, most),
      certain: { maxUnits: most },
      openApi: () => ({ maxLength: most }),
      examples: ['example'.slice(0, most)],
    };
  },
});
