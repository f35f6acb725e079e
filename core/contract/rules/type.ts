import { VALUE_TYPES } from '../types/types.ts';
import { FeatureType } from '../types/value-type.ts';
import { defineRule } from './rule.ts';

/** Values are of the feature's type. */
export const type = defineRule({
  shape: { type: FeatureType },
  structural: true,
  of({ name, type: own, inputType }) {
    const { text, accepts, certain, sqlOf, openApi, example } = VALUE_TYPES[own];
    const { wrong } = sqlOf(inputType);
    return {
      allowed: text,
      breaks: (cell) => cell === undefined || (cell !== null && !accepts(cell, inputType)),
      ...(wrong === undefined ? {} : { sql: () => wrong(name) }),
      certain,
      openApi,
      examples: [example],
    };
  },
});
