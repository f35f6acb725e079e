import type { ReferencePerformance } from '../profile/profile.ts';
import { besideConstant } from './beside-constant.ts';

/**
 * Why a version may be worth nothing, to the letter of its own reference: it is wrong as often as the most frequent
 * class every time, or its error is that of the mean, be the difference chance or not. For whoever has just made it and
 * can still look; what it is refused for is for `besideConstant` to say.
 *
 * @returns undefined where it does better, by class at least
 */
export function noBetterThanConstant(performance: ReferencePerformance): string | undefined {
  const { worse, remark } = besideConstant(performance);
  if (worse !== undefined || remark !== undefined) return worse;
  const { classes = [], squares, rows } = performance;
  if (squares !== undefined)
    return squares.error < squares.ofMean
      ? undefined
      : `off by ${short(Math.sqrt(squares.error))} (RMSE) on ${squares.rows} rows, where their mean every time is off by ${short(Math.sqrt(squares.ofMean))}`;
  if (classes.length < 2) return undefined;
  const most = classes.reduce((a, b) => (b.rows > a.rows ? b : a));
  const wrong = classes.reduce((sum, each) => sum + each.wrong, 0);
  const others = rows - most.rows;
  if (wrong < others) return undefined;
  return `wrong on ${short((100 * wrong) / rows)} % of ${rows} rows, where ${most.name} every time would be wrong on ${short((100 * others) / rows)} %`;
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
