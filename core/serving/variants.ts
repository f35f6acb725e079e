import type { Variant } from './variant.ts';

/** All variants, in the order in which they are shown. Apart from the schema, so that the hot path loads no zod. */
export const VARIANTS: readonly Variant[] = ['champion', 'challenger', 'shadow'];
