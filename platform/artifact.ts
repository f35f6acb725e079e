import type { Artifact } from '../core/registry/version.ts';
import { digestOf } from './digest.ts';
import { PlatformError } from './errors.ts';
import type { ObjectStore } from './ports.ts';

/** What came is not what was registered. */
export class DamagedArtifactError extends PlatformError {
  override readonly name = 'DamagedArtifactError';
  constructor(
    readonly key: string,
    readonly expected: string,
    readonly found: string,
  ) {
    super(`${key} has digest ${found}, expected ${expected}`);
  }
}

/** Reads an artifact that fits into memory, as it was registered or not at all. @throws DamagedArtifactError */
export async function readArtifact(
  artifacts: Pick<ObjectStore, 'get'>,
  { key, digest }: Pick<Artifact, 'key' | 'digest'>,
): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    const bytes = await artifacts.get(key);
    const found = digestOf(bytes);
    if (found === digest) return bytes;
    // Damaged on its way, perhaps: once more.
    if (attempt === 2) throw new DamagedArtifactError(key, digest, found);
  }
}
