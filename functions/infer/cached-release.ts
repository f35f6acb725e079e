import * as z from 'zod';
import { ReleaseState } from '../../core/registry/ledger.ts';
import { ModelVersion } from '../../core/registry/version.ts';
import type { CachedRelease } from './artifact-cache.ts';

const Schema = z.strictObject({ state: ReleaseState, versions: z.array(ModelVersion) });

/** @throws when the text is not a release as `ArtifactCache.keep` writes it */
export const parseCachedRelease = (text: string): CachedRelease => Schema.parse(JSON.parse(text));
