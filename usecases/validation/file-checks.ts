import type { Contract } from '../../core/contract/contract.ts';
import { columnNamed } from '../../core/contract/data-columns.ts';
import { treatmentOf } from '../../core/contract/personal.ts';
import { populationStability } from '../../core/drift/psi.ts';
import { ownValue } from '../../core/model/own-value.ts';
import { countsOf } from '../../core/profile/bins.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { type Duck, identifier } from '../../platform/duckdb/connection.ts';
import { ROWS } from './create-cells.ts';
import { FileRejectedError } from './errors.ts';
import type { ValidationView } from './validation-view.ts';

/** How many rows there are, and how many of them break the contract. @throws FileRejectedError */
export function checkVolume({ file }: Contract, { records, quarantined }: ValidationView['rows']): void {
  if (records < file.minRows)
    throw new FileRejectedError('volume', `${records} rows, at least ${file.minRows} are expected`);
  if (records > file.maxRows)
    throw new FileRejectedError('volume', `${records} rows, at most ${file.maxRows} are allowed`);
  const share = records === 0 ? 0 : quarantined / records;
  if (share > file.maxQuarantinedShare)
    throw new FileRejectedError(
      'quality',
      `${quarantined} of ${records} rows break the contract (${(100 * share).toFixed(1)} %), at most ${100 * file.maxQuarantinedShare} % may`,
    );
}

/** How old the newest row is. @throws FileRejectedError */
export async function checkFreshness(duck: Duck, contract: Contract, now: Date): Promise<void> {
  const { data, file } = contract;
  const time = columnNamed(data, 'time');
  if (file.maxAgeDays === undefined || time === undefined) return;
  const [{ newest } = { newest: null }] = await duck.rows(
    `SELECT epoch_ms(max(${identifier(time)})) AS newest FROM ${ROWS}`,
  );
  if (newest === null) throw new FileRejectedError('freshness', `no value of ${time} is a time`);
  const days = (now.getTime() - Number(newest)) / 86_400_000;
  const age = treatmentOf(contract, time) === 'no' ? `${days.toFixed(1)} days old` : 'too old';
  if (days > file.maxAgeDays)
    throw new FileRejectedError('freshness', `the newest row is ${age}, at most ${file.maxAgeDays} are allowed`);
}

/** How far features are from the baseline. @throws FileRejectedError */
export function checkDistribution({ file, features }: Contract, profile: Profile, baseline: Profile | undefined): void {
  if (file.maxPsi === undefined || !baseline) return;
  for (const { name } of features) {
    const [expected, actual] = [ownValue(baseline.columns, name), ownValue(profile.columns, name)];
    if (!expected || !actual) continue;
    const psi = populationStability(countsOf(expected), countsOf(actual));
    if (psi > file.maxPsi)
      throw new FileRejectedError(
        'distribution',
        `${name} has a population stability index of ${psi.toFixed(3)} against the baseline, at most ${file.maxPsi} is allowed`,
      );
  }
}
