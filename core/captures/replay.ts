import type { PersonalTreatment } from '../contract/contract.ts';
import type { ModelVersion } from '../registry/version.ts';

/** A version as far as replay depends on it. */
export interface ReplayedVersion {
  readonly signature: Pick<ModelVersion['signature'], 'inputs'>;
  readonly manifest: Pick<ModelVersion['manifest'], 'contract' | 'monitoring' | 'privacy'>;
}

/** Whether captured requests of a version can be asked of another one. */
export interface Replayability {
  readonly replayable: boolean;
  /** Why not; null where they can. */
  readonly replayProblem: string | null;
}

export function replayabilityOf(version: ReplayedVersion): Replayability {
  const problem = replayProblem(version);
  return { replayable: problem === undefined, replayProblem: problem ?? null };
}

/** Inputs that carry no features: captures hold summaries of them at most, whatever the contract says of them. */
export function wholeTensors({ signature, manifest }: ReplayedVersion): string[] {
  const carried = new Set(manifest.contract.features.map(({ input, name }) => input ?? name));
  return signature.inputs.flatMap(({ name }) => (carried.has(name) ? [] : [name]));
}

/**
 * Why captured requests of a version cannot be asked of another one; undefined when they can. What captures do not hold
 * in full cannot be sent again: whole tensors, of which they hold summaries, and features that are omitted or hashed.
 */
function replayProblem(version: ReplayedVersion): string | undefined {
  const { contract, monitoring, privacy } = version.manifest;
  if (monitoring.captureShare === 0) return 'nothing is captured (monitoring.captureShare is 0)';
  const [whole] = wholeTensors(version);
  if (whole !== undefined) return `of input ${whole}, a whole tensor, captures hold at most a summary`;
  for (const { name, personal } of contract.features) {
    const problem = PROBLEMS[personal];
    if (problem !== undefined && !(personal === 'encrypt' && privacy.replay)) return `feature ${name} ${problem}`;
  }
  return undefined;
}

const PROBLEMS: Readonly<Record<PersonalTreatment, string | undefined>> = {
  no: undefined,
  omit: 'is personal, and captures omit it',
  hash: 'is personal, and captures hold its pseudonym only',
  encrypt: 'is encrypted in captures, and privacy.replay does not let it be opened',
};
