import { boundOf, StatedBound } from './bound.ts';
import { defineRule, NUMBERS } from './rule.ts';

/** The largest number allowed. */
export const max = defineRule({
  shape: {
    max: StatedBound.optional().describe(
      'Largest value allowed, inclusive; numbers only. An integer beyond 2^53 is a string of its digits.',
    ),
  },
  types: NUMBERS,
  of(feature) {
    const { max: most } = feature;
    if (most === undefined) return undefined;
    const { exact, nearest, certain, limit, sql } = boundOf(feature, most, Math.floor, '>');
    return {
      allowed: `at most ${most}`,
      breaks: (value) => (value as number | bigint) > exact,
      sql,
      clamp: () => nearest,
      certain: { highest: certain },
      openApi(input) {
        const maximum = limit(input);
        return maximum === undefined ? {} : { maximum };
      },
      examples: [nearest],
    };
  },
});
