import * as z from 'zod';
import { ReleaseState } from '../core/registry/ledger.ts';
import { ModelVersion } from '../core/registry/version.ts';

/** A release as it is kept beside the ledger: enough to serve it while the ledger cannot be read. */
export interface ReleaseSnapshot {
  readonly state: ReleaseState;
  /** Records of all versions with traffic. */
  readonly versions: readonly ModelVersion[];
}

const Schema = z.strictObject({ state: ReleaseState, versions: z.array(ModelVersion) });

/** @throws when the text is no release as `storeSnapshot` writes it */
export const parseSnapshot = (text: string): ReleaseSnapshot => Schema.parse(JSON.parse(text));
