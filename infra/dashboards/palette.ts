import type { Variant } from '../../core/serving/variant.ts';

/** Colours of the variants, the same in all graphs. */
export const VARIANT_COLOURS: Record<Variant, string> = {
  champion: '#2b6cb0',
  challenger: '#dd6b20',
  shadow: '#8a94a3',
};

/** Colour of thresholds of alarms, and of what should not happen. */
export const BAD = '#b3261e';
export const GOOD = '#1a7f4b';
/** Colours of lines that are neither good nor bad. */
export const PLAIN = ['#2b6cb0', '#6b46c1', '#2c7a7b', '#b7791f', '#8a94a3'] as const;
