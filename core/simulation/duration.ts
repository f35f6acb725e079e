import * as z from 'zod';

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** The furthest from time 0 that anything may be: enough for years, and sums of it stay exact. */
const MAX_SECONDS = 1_000 * UNIT_SECONDS.d!;

const seconds = (given: number | string): number =>
  typeof given === 'string' ? Number(given.slice(0, -1)) * UNIT_SECONDS[given.at(-1)!]! : given;

/** Seconds without the rest that products of fractions have: 1.1h is 3960.0000000000005 s. */
const toSeconds = (given: number | string): number => Math.round(seconds(given));

const isWhole = (given: number | string): boolean => Math.abs(seconds(given) - toSeconds(given)) < 1e-6;
const WHOLE = 'must be whole seconds, such as 90s, 1.5m or 90';

const inRange = (s: number): boolean => Math.abs(s) <= MAX_SECONDS;
const RANGE = 'at most 1000d';

/** Whole seconds from text such as `90s`, `10m`, `2h`, `30d`, `1w`, or from a number of seconds; 0 or more. */
export const Duration = z
  .union([
    z.number().min(0),
    z
      .string()
      .regex(
        /^\d+(\.\d+)?[smhdw]$/,
        'a duration is a number of seconds, or a number with s, m, h, d or w behind it, such as 90s, 10m, 2h, 30d',
      ),
  ])
  .refine(isWhole, WHOLE)
  .transform(toSeconds)
  .refine(inRange, RANGE);

/** As a duration, but of either sign: seconds since the scenario's time 0. */
export const Moment = z
  .union([
    z.number(),
    z.string().regex(/^-?\d+(\.\d+)?[smhdw]$/, 'a moment is a duration from time 0, such as 10m, 2h or -1h'),
  ])
  .refine(isWhole, WHOLE)
  .transform(toSeconds)
  .refine(inRange, `${RANGE} from time 0`);

/** A duration that is longer than nothing. */
export const PositiveDuration = Duration.refine((s) => s > 0, 'must be longer than 0 s');
