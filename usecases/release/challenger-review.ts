import type { Challenger, ReleaseState } from '../../core/registry/ledger.ts';
import type { ModelVersion } from '../../core/registry/version.ts';

/** One challenger at one moment: all that the next command about it follows from, metrics aside. */
export interface ChallengerReview {
  readonly now: Date;
  /** The release that the challenger is part of. */
  readonly state: ReleaseState;
  readonly challenger: Challenger;
  /** The challenger's version, whose manifest has the policy of its rollout. */
  readonly version: ModelVersion;
}
