import * as z from 'zod';

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** The furthest from time 0 that anything may be: enough for years, and sums of it stay exact. */
const MAX_SECONDS = 1_000 * UNIT_SECONDS.d!;

function seconds(text: string): number {
  const amount = Number(text.slice(0, -1));
  return Math.round(amount * UNIT_SECONDS[text.at(-1)!]!);
}

const toSeconds = (given: number | string): number => (typeof given === 'string' ? seconds(given) : Math.round(given));

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
  .transform(toSeconds)
  .refine(inRange, RANGE);

/** As a duration, but of either sign: seconds since the scenario's time 0. */
export const Moment = z
  .union([
    z.number(),
    z.string().regex(/^-?\d+(\.\d+)?[smhdw]$/, 'a moment is a duration from time 0, such as 10m, 2h or -1h'),
  ])
  .transform(toSeconds)
  .refine(inRange, `${RANGE} from time 0`);

/** A duration that is longer than nothing. */
export const PositiveDuration = Duration.refine((s) => s > 0, 'must be longer than 0 s');
