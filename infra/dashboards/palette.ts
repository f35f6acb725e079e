import type { Variant } from '../../core/serving/variant.ts';

/** The same part of a release has the same colour everywhere. */
export const VARIANT_COLOURS: Record<Variant, string> = {
  champion: '#2b6cb0',
  challenger: '#dd6b20',
  shadow: '#8a94a3',
};

/** Where an alarm goes off, and what should not be there at all. */
export const BAD = '#b3261e';
export const GOOD = '#1a7f4b';
/** For lines that are neither good nor bad. */
export const PLAIN = ['#2b6cb0', '#6b46c1', '#2c7a7b', '#b7791f', '#8a94a3'] as const;
