import { VALUE_TYPES } from '../types/types.ts';
import { FeatureType } from '../types/value-type.ts';
import { defineRule } from './rule.ts';

/** Values are of the feature's type. */
export const type = defineRule({
  shape: { type: FeatureType },
  structural: true,
  of({ type: own, inputType }) {
    const { text, accepts, certain, openApi, example } = VALUE_TYPES[own];
    return {
      allowed: text,
      breaks: (cell) => cell === undefined || (cell !== null && !accepts(cell, inputType)),
      certain,
      openApi,
      examples: [example],
    };
  },
});
