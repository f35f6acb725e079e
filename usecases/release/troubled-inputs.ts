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
/** While decisions have become wrong, so much more than in the hour before is enough: it would explain them. */
const MIN_EXPLANATION = 0.05;
/** One hour is enough where nearly nothing is left: first flights of a day have no previous airport, but not all of them. */
const NEARLY_ALL = 0.9;
const MIN_ROWS = 100;
/** Rows in a row are alike, calm days have no gusts: so many of them are worth one. */
const ALIKE = 4;

export interface TroubledInputsQuery {
  readonly model: string;
  readonly version: number;
  readonly now: Date;
  /** Whether decisions have become wrong more often, so that less says why. */
  readonly explains: boolean;
}

/** Features that are empty or break the contract much more often than on the reference, in sentences. */
export async function troubledInputs(
  home: Pick<Home, 'data' | 'ledger' | 'artifacts'>,
  { model, version, now, explains }: TroubledInputsQuery,
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
      ...sentence(`column ${name} is empty`, { hours: shares(({ missing }) => missing), usual, explains }),
      ...sentence(`column ${name} breaks the contract`, { hours: shares(broken), usual: 0, explains }),
    ];
  });
}

type Feature = HourInputs['features'][string];

/** What was bad of an hour's rows. */
interface Share {
  readonly n: number;
  readonly bad: number;
}

const NONE: Share = { n: 0, bad: 0 };

const broken = ({ violations }: Feature): number => Object.values(violations).reduce((sum, count) => sum + count, 0);

interface Shares {
  /** Of the last two hours. */
  readonly hours: readonly Share[];
  readonly usual: number;
  readonly explains: boolean;
}

function sentence(what: string, { hours, usual, explains }: Shares): string[] {
  const latest = hours.at(-1);
  if (latest === undefined) return [];
  const isAbove = ({ bad, n }: Share, limit: number): boolean =>
    n > 0 && wilson(Math.min(1, bad / n), n / ALIKE, Z)[0] >= limit;
  const lasts = hours.length > 1 && hours.every((hour) => isAbove(hour, usual + MIN_INCREASE));
  const isNearlyAll = latest.n >= MIN_ROWS && isAbove(latest, Math.max(NEARLY_ALL, usual + MIN_INCREASE));
  const before = hours.length > 1 ? hours[0]! : NONE;
  const isMore = explains && isAbove(latest, Math.max(usual, before.bad / Math.max(1, before.n)) + MIN_EXPLANATION);
  if (!lasts && !isNearlyAll && !isMore) return [];
  return [`${what} in ${percent(latest.bad / latest.n)} of ${latest.n} rows, where ${percent(usual)} is usual`];
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
