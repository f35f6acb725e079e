import * as z from 'zod';
import { ReleaseState } from '../core/registry/ledger.ts';
import { ModelVersion } from '../core/registry/version.ts';
import type { ReleaseSnapshot } from './snapshots.ts';

const Schema = z.strictObject({ state: ReleaseState, versions: z.array(ModelVersion) });

/** @throws when the text is no release as `keepSnapshot` writes it */
export const parseSnapshot = (text: string): ReleaseSnapshot => Schema.parse(JSON.parse(text));
