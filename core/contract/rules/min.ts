import { boundOf, StatedBound } from './bound.ts';
import { defineRule, NUMBERS } from './rule.ts';

/** The smallest number allowed. */
export const min = defineRule({
  shape: {
    min: StatedBound.optional().describe(
      'Smallest value allowed, inclusive; numbers only. An integer beyond 2^53 is a string of its digits.',
    ),
  },
  types: NUMBERS,
  of(feature) {
    const { min: least } = feature;
    if (least === undefined) return undefined;
    const { exact, nearest, certain, limit, sql } = boundOf(feature, least, Math.ceil, '<');
    return {
      allowed: `at least ${least}`,
      breaks: (value) => (value as number | bigint) < exact,
      sql,
      clamp: () => nearest,
      certain: { lowest: certain },
      openApi(input) {
        const minimum = limit(input);
        return minimum === undefined ? {} : { minimum };
      },
      examples: [nearest],
    };
  },
});
