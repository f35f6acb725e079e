import * as z from 'zod';

/**
 * How a personal field is treated wherever it would be kept: captures, dataset versions, quarantine, reports, logs.
 * `omit` leaves it out, `hash` puts a pseudonym in its place (the same for the same value), `encrypt` an envelope that
 * the holder of the key can open. Whatever the treatment, nothing is counted about it in profiles and baselines.
 */
export const PersonalTreatment = z.enum(['no', 'omit', 'hash', 'encrypt']);
export type PersonalTreatment = z.infer<typeof PersonalTreatment>;
