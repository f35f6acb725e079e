import type { Variant } from './variant.ts';

/** All variants in the order of display. In a file of its own, so that serving does not load the schema and zod. */
export const VARIANTS: readonly Variant[] = ['champion', 'challenger', 'shadow'];
