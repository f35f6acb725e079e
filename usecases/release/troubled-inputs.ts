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
/** Rows in a row are alike, calm days have no gusts: so many of them are worth one. */
const ALIKE = 4;
/** A model knows what is missing this often anyway: minutes of it explain nothing. */
const USUALLY_MISSING = 0.2;

export interface TroubledInputsQuery {
  readonly model: string;
  readonly version: number;
  readonly now: Date;
  /** The champion before: what it was sent says what is usual, where no baseline does. */
  readonly former?: number | undefined;
  /** Whether decisions have become wrong more often, so that the last ten minutes are looked at, too. */
  readonly explains: boolean;
}

/** Features that are empty or break the contract much more often than on the reference, in sentences. */
export async function troubledInputs(
  home: Pick<Home, 'data' | 'ledger' | 'artifacts'>,
  { model, version, now, former, explains }: TroubledInputsQuery,
): Promise<string[]> {
  const window = { from: new Date(now.getTime() - WINDOW_MS), to: now };
  const [hours, record, before] = await Promise.all([
    readInputHours(home, { model, version, ...window }),
    home.ledger.version(model, version),
    former === undefined ? [] : readInputHours(home, { model, version: former, ...window }),
  ]);
  const columns = record === undefined ? undefined : (await baselineOf(home, record))?.profile.columns;
  // The first minutes of an hour say little: what was so before them is so still.
  const begun = (hours.at(-1)?.rows ?? 0) < MIN_ROWS && hours.length > 2;
  const recent = begun ? hours.slice(-3, -1) : hours.slice(-2);
  return Object.keys(recent.at(-1)?.features ?? {}).flatMap((name) => {
    const column = ownValue(columns ?? {}, name);
    // Without a baseline, of what may be missing is usual what was so an hour before, or of the champion before; without
    // that it is not known.
    const earlier = recent.at(-2) ?? before.at(-1);
    const known = column === undefined || column.rows === 0 ? ownValue(earlier?.features ?? {}, name) : column;
    const isOptional = record?.manifest.contract.features.find((each) => each.name === name)?.missing === 'allow';
    const unknown = isOptional ? 1 : 0;
    const usual = known === undefined || (known !== column && !isOptional) ? unknown : known.missing / known.rows;
    // A batch is one request, however many rows it has.
    const shares = (counts: (feature: Feature) => readonly [n: number, bad: number]): Share[] =>
      recent.flatMap(({ features }) => {
        const feature = ownValue(features, name);
        if (feature === undefined) return [];
        const [n, bad] = counts(feature);
        return [{ n, bad }];
      });
    const lately = explains ? latelyOf(recent, name) : undefined;
    const all = recent.at(-1)!.features[name]!;
    const unit = all.requests === undefined ? 'rows' : 'requests';
    const isEmpty = all.missing >= broken(all);
    return [
      ...sentence(`column ${name} is empty`, {
        hours: shares(({ rows, missing, requests }) => (requests ? [requests.n, requests.missing] : [rows, missing])),
        usual,
        unit,
        ...(lately && isEmpty && { lately }),
      }),
      ...sentence(`column ${name} breaks the contract`, {
        hours: shares((of) => (of.requests ? [of.requests.n, of.requests.broken] : [of.rows, broken(of)])),
        usual: 0,
        unit,
        ...(lately && !isEmpty && { lately }),
      }),
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
  readonly unit: 'rows' | 'requests';
  /** Of the last ten minutes, where that would explain something. */
  readonly lately?: Share;
}

/** How much of a feature was bad in the last ten minutes that have enough rows. */
function latelyOf(hours: readonly HourInputs[], name: string): Share | undefined {
  const last = hours
    .flatMap(({ sixths = [], features }) =>
      sixths.map((n, i) => ({ n, bad: ownValue(features, name)?.sixths?.[i] ?? 0 })),
    )
    .filter(({ n }) => n > 0)
    .slice(-2);
  return last.toReversed().find(({ n }) => n >= MIN_ROWS) ?? last.at(-1);
}

function sentence(what: string, { hours, usual, unit, lately }: Shares): string[] {
  const latest = hours.at(-1);
  if (latest === undefined) return [];
  const isAbove = ({ bad, n }: Share, limit: number): boolean =>
    n > 0 && wilson(Math.min(1, bad / n), n / ALIKE, Z)[0] >= limit;
  const lasts = hours.length > 1 && hours.every((hour) => isAbove(hour, usual + MIN_INCREASE));
  // That rows are alike matters beside what is usual; that nearly all are empty is seen.
  const isNearlyAll =
    latest.n >= MIN_ROWS &&
    wilson(Math.min(1, latest.bad / latest.n), latest.n, Z)[0] >= NEARLY_ALL &&
    isAbove(latest, usual + MIN_INCREASE);
  if (!lasts && !isNearlyAll) {
    const [before = NONE] = hours.length > 1 ? hours : [];
    const known = Math.max(usual, before.bad / Math.max(1, before.n));
    const isNew = lately !== undefined && known < USUALLY_MISSING && isAbove(lately, known + MIN_INCREASE);
    return isNew
      ? [
          `${what} in ${percent(lately.bad / lately.n)} of ${Math.round(lately.n)} ${unit}, where ${percent(usual)} is usual`,
        ]
      : [];
  }
  return [
    `${what} in ${percent(latest.bad / latest.n)} of ${Math.round(latest.n)} ${unit}, where ${percent(usual)} is usual`,
  ];
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
