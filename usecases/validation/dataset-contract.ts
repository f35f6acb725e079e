import * as z from 'zod';
import { Contract } from '../../core/contract/contract.ts';
import { describeIssues } from '../../core/errors/describe-issues.ts';
import { safeParse } from '../../core/errors/safe-parse.ts';
import { modelContract } from '../../core/manifest/model-contract.ts';
import { ModelName } from '../../core/model/names.ts';
import { Baseline, type Profile } from '../../core/profile/profile.ts';
import { LostDigitsError, parseDocument } from '../../core/protocols/formats/document.ts';
import { ObjectNotFoundError } from '../../platform/errors.ts';
import type { Home } from '../../platform/ports.ts';
import { baselineOf } from '../registry/load-baseline.ts';
import { InvalidContractError, NoContractError } from './errors.ts';

/** `contracts/<dataset>.json` of the data store, for datasets that are no model's. */
const DatasetContract = z.strictObject({
  contract: Contract,
  /** Key of a baseline in the artifact store. */
  baseline: z.string().optional(),
});

export interface DatasetRules {
  readonly contract: Contract;
  readonly baseline?: Profile;
  /** Which baseline it is: its key, or its digest. */
  readonly baselineName?: string;
  /** Where the rules came from, for the record: `contracts/<dataset>.json`, or a model version such as `flights v3`. */
  readonly source: string;
}

/**
 * The rules of a dataset: its own contract where it has one, else those of the model of the same name (its champion,
 * or its latest version before the first release).
 *
 * @throws NoContractError
 * @throws InvalidContractError
 */
export async function loadContract(home: Home, dataset: string): Promise<DatasetRules> {
  const key = `contracts/${dataset}.json`;
  try {
    const own = parseContract(key, await home.data.get(key));
    const baseline =
      own.baseline === undefined
        ? undefined
        : Baseline.parse(JSON.parse(new TextDecoder().decode(await home.artifacts.get(own.baseline)))).profile;
    return {
      contract: own.contract,
      source: key,
      ...(baseline ? { baseline, baselineName: own.baseline! } : {}),
    };
  } catch (error) {
    if (!(error instanceof ObjectNotFoundError)) throw error;
  }
  if (!ModelName.safeParse(dataset).success) throw new NoContractError(dataset);
  const state = (await home.ledger.latest(dataset))?.state;
  const number = state?.champion ?? (state?.latest || undefined);
  const version = number === undefined ? undefined : await home.ledger.version(dataset, number);
  if (!version) throw new NoContractError(dataset);
  const baseline = await baselineOf(home, version);
  return {
    contract: modelContract(version.manifest, version.signature),
    source: `${dataset} v${version.version}`,
    ...(baseline ? { baseline: baseline.profile, baselineName: version.baseline!.digest } : {}),
  };
}

/**
 * The contract of a dataset as it is stored.
 *
 * @throws InvalidContractError
 */
export function parseContract(key: string, bytes: Uint8Array): z.infer<typeof DatasetContract> {
  let raw: unknown;
  try {
    raw = parseDocument(new TextDecoder().decode(bytes));
  } catch (cause) {
    if (cause instanceof LostDigitsError) throw new InvalidContractError(key, cause.message, { cause });
    throw new InvalidContractError(key, `is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = safeParse(DatasetContract, raw);
  if (parsed.success) return parsed.data;
  const fault = describeIssues(parsed.error, { raw, schema: DatasetContract });
  throw new InvalidContractError(key, fault, { cause: parsed.error });
}
