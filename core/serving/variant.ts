import * as z from 'zod';

/** The part a version plays in a release. Metrics and alarms name variants, so that they outlive versions. */
export const Variant = z.enum(['champion', 'challenger', 'shadow']);
export type Variant = z.infer<typeof Variant>;
