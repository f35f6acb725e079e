/** The stack, and the environments that its two registries are of. */
export const STACK = 'TwoEndpoints';
export const SIDES = ['left', 'right'] as const;
export type Side = (typeof SIDES)[number];
