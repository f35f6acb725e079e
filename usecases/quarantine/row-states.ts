import { readQuarantinedRows } from '../validation/quarantined-rows.ts';
import { RowStates, type RowsReturn } from './returns.ts';

/** How many quarantined rows are in which state. */
interface StateCounts {
  readonly open: number;
  readonly putBack: number;
  readonly accepted: number;
}

/**
 * How many quarantined rows that are there are in which state; those that were erased are in none.
 *
 * @param file of the quarantined rows
 */
export async function countReturned(file: string, returns: readonly RowsReturn[]): Promise<StateCounts> {
  const states = new RowStates(returns);
  const counts = { open: 0, 'put-back': 0, accepted: 0 };
  for await (const { line } of readQuarantinedRows(file)) counts[states.of(line)]++;
  return { open: counts.open, putBack: counts['put-back'], accepted: counts.accepted };
}

/** How many quarantined rows of a drop are in which state by its verdict, also of those that were erased since. */
export function countStates(quarantined: number, returns: readonly Pick<RowsReturn, 'as' | 'rows'>[]): StateCounts {
  const sum = (as: RowsReturn['as']): number =>
    returns.reduce((rows, made) => rows + (made.as === as ? made.rows : 0), 0);
  const [putBack, accepted] = [sum('put-back'), sum('accepted')];
  return { open: Math.max(0, quarantined - putBack - accepted), putBack, accepted };
}
