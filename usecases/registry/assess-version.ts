import { besideConstant } from '../../core/quality/beside-constant.ts';
import { RegistrationRefusedError } from '../../core/registry/errors.ts';
import type { Home } from '../../platform/ports.ts';
import { baselineOf } from './load-baseline.ts';
import type { Assessment } from './register-model.ts';
import type { RegistrationCandidate } from './registration.ts';

/**
 * What its own reference says of a version: whether it is worth more than a constant answer, and how it does beside the
 * champion on its own.
 *
 * @param force whether it is registered all the same
 * @throws RegistrationRefusedError for one that is worth less than a constant, unless it is forced
 */
export async function assessVersion(
  home: Pick<Home, 'ledger' | 'artifacts'>,
  { manifest, baseline }: RegistrationCandidate,
  force: boolean,
): Promise<Assessment> {
  const own = baseline?.performance;
  if (own === undefined) return { references: null, remarks: [] };
  const { worse, remark } = besideConstant(own);
  if (worse !== undefined && !force)
    throw new RegistrationRefusedError(
      `a constant answer would be worth more: it is ${worse}; are the columns in the order that the graph was trained with, and the classes? Register it all the same with --force --reason TEXT`,
    );
  const champion = await championOf(home, manifest.name);
  return { forced: worse, references: { own, champion }, remarks: remark === undefined ? [] : [remark] };
}

async function championOf(home: Pick<Home, 'ledger' | 'artifacts'>, model: string) {
  const version = (await home.ledger.latest(model))?.state.champion ?? undefined;
  const record = version === undefined ? undefined : await home.ledger.version(model, version);
  const performance = record && (await baselineOf(home, record))?.performance;
  return performance === undefined ? null : { version: record!.version, performance };
}
