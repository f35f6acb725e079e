import { defineRule } from './rule.ts';

/** Numbers are finite: what JSON and CSV can write as 1e400 is beyond every model. */
export const finite = defineRule({
  shape: {},
  of({ type }) {
    if (type !== 'float') return undefined;
    return {
      allowed: 'a finite number',
      breaks: (value) => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY,
      certain: { lowest: -Number.MAX_VALUE, highest: Number.MAX_VALUE },
    };
  },
});
