import { ownValue } from '../../core/model/own-value.ts';
import { wilson } from '../../core/quality/wilson.ts';
import type { Home } from '../../platform/ports.ts';
import type { HourInputs } from '../quality/count-inputs.ts';
import { readInputHours } from '../quality/count-inputs.ts';
import { baselineOf } from '../registry/load-baseline.ts';

const HOUR_MS = 3_600_000;
/** Two hours that are over, and the one that lasts. */
const WINDOW_MS = 3 * HOUR_MS;
const Z = 3.8906;
/** A share of empty or broken values is trouble from so much more than usual on, two hours in a row. */
const MIN_INCREASE = 0.1;
/** One hour is enough where nearly nothing is left: first flights of a day have no previous airport, but not all of them. */
const NEARLY_ALL = 0.9;
const MIN_ROWS = 100;

/** Features that are empty or break the contract much more often than on the reference, in sentences. */
export async function troubledInputs(
  home: Pick<Home, 'data' | 'ledger' | 'artifacts'>,
  { model, version, now }: { readonly model: string; readonly version: number; readonly now: Date },
): Promise<string[]> {
  const window = { from: new Date(now.getTime() - WINDOW_MS), to: now };
  const [hours, record] = await Promise.all([
    readInputHours(home, { model, version, ...window }),
    home.ledger.version(model, version),
  ]);
  const columns = record === undefined ? undefined : (await baselineOf(home, record))?.profile.columns;
  const recent = hours.slice(-2);
  return Object.keys(recent.at(-1)?.features ?? {}).flatMap((name) => {
    const column = ownValue(columns ?? {}, name);
    const usual = column === undefined || column.rows === 0 ? 0 : column.missing / column.rows;
    const shares = (bad: (feature: Feature) => number): Share[] =>
      recent.flatMap(({ features }) => {
        const feature = ownValue(features, name);
        return feature ? [{ n: feature.rows, bad: bad(feature) }] : [];
      });
    return [
      ...sentence(
        `column ${name} is empty`,
        shares(({ missing }) => missing),
        usual,
      ),
      ...sentence(`column ${name} breaks the contract`, shares(broken), 0),
    ];
  });
}

type Feature = HourInputs['features'][string];

/** What was bad of an hour's rows. */
interface Share {
  readonly n: number;
  readonly bad: number;
}

const broken = ({ violations }: Feature): number => Object.values(violations).reduce((sum, count) => sum + count, 0);

function sentence(what: string, hours: readonly Share[], usual: number): string[] {
  const latest = hours.at(-1);
  if (latest === undefined) return [];
  const isAbove = ({ bad, n }: Share, limit: number): boolean =>
    n > 0 && wilson(Math.min(1, bad / n), n, Z)[0] >= limit;
  const lasts = hours.length > 1 && hours.every((hour) => isAbove(hour, usual + MIN_INCREASE));
  const isNearlyAll = latest.n >= MIN_ROWS && isAbove(latest, Math.max(NEARLY_ALL, usual + MIN_INCREASE));
  if (!lasts && !isNearlyAll) return [];
  return [`${what} in ${percent(latest.bad / latest.n)} of ${latest.n} rows, where ${percent(usual)} is usual`];
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
