import * as z from 'zod';

/** The role of a version in a release. Metrics and alarms have it as a dimension, because versions come and go. */
export const Variant = z.enum(['champion', 'challenger', 'shadow']);
export type Variant = z.infer<typeof Variant>;
