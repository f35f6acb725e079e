import * as z from 'zod';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** How a duration is written. */
export const DURATION_PATTERN = /^[1-9]\d{0,5}[smhd]$/;

/** A length of time as people write it: `90s`, `20m`, `24h`, `7d`. */
export const ManifestDuration = z
  .string()
  .regex(DURATION_PATTERN, 'a duration is a number and s, m, h or d: 20m, 24h, 7d');
export type ManifestDuration = z.infer<typeof ManifestDuration>;

/** @returns milliseconds */
export const durationMs = (duration: ManifestDuration): number =>
  Number(duration.slice(0, -1)) * UNITS[duration.slice(-1) as keyof typeof UNITS];
