import * as z from 'zod';

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
const UNITS = Object.keys(UNIT_SECONDS).join('');
const FORM = new RegExp(`^(-?)(\\d+(?:\\.\\d+)?)([${UNITS}])$`);

function seconds(text: string): number {
  const [, sign, amount, unit] = FORM.exec(text)!;
  return Math.round((sign === '-' ? -1 : 1) * Number(amount) * UNIT_SECONDS[unit!]!);
}

/** Whole seconds from text such as `90s`, `10m`, `2h`, `30d`, `1w`, or from a number of seconds; 0 or more. */
export const Duration = z
  .union([
    z.number().min(0),
    z
      .string()
      .regex(
        /^\d+(\.\d+)?[smhdw]$/,
        'a duration is a number with s, m, h, d or w behind it, such as 90s, 10m, 2h, 30d',
      ),
  ])
  .transform((given) => (typeof given === 'string' ? seconds(given) : Math.round(given)));

/** As a duration, but of either sign: seconds since the scenario's time 0. */
export const Moment = z
  .union([
    z.number(),
    z.string().regex(/^-?\d+(\.\d+)?[smhdw]$/, 'a moment is a duration from time 0, such as 10m, 2h or -1h'),
  ])
  .transform((given) => (typeof given === 'string' ? seconds(given) : Math.round(given)));
