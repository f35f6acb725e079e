import { wilson } from '../../core/quality/wilson.ts';
import type { Home } from '../../platform/ports.ts';
import type { HourInputs } from '../quality/count-inputs.ts';
import { readInputHours } from '../quality/count-inputs.ts';
import { baselineOf } from '../registry/load-baseline.ts';

const HOUR_MS = 3_600_000;
/** Captures are delivered late. */
const WINDOW_MS = 2 * HOUR_MS;
const Z = 3.8906;
/** A share of empty or broken values is trouble from so much more than usual on. */
const MIN_INCREASE = 0.1;

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
  const latest = hours.at(-1);
  return latest === undefined
    ? []
    : Object.entries(latest.features).flatMap(([name, feature]) => {
        const column = columns?.[name];
        const usual = column === undefined || column.rows === 0 ? 0 : column.missing / column.rows;
        return [
          ...sentence(`column ${name} is empty`, feature.missing, feature.rows, usual),
          ...sentence(`column ${name} breaks the contract`, broken(feature), feature.rows, 0),
        ];
      });
}

const broken = ({ violations }: HourInputs['features'][string]): number =>
  Object.values(violations).reduce((sum, count) => sum + count, 0);

function sentence(what: string, bad: number, n: number, usual: number): string[] {
  if (n === 0 || wilson(Math.min(1, bad / n), n, Z)[0] < usual + MIN_INCREASE) return [];
  return [`${what} in ${percent(bad / n)} of ${n} rows, where ${percent(usual)} is usual`];
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
