import { withoutPersonal } from '../../core/privacy/without-personal.ts';
import { Baseline } from '../../core/profile/profile.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import { readArtifact } from '../../platform/artifact.ts';
import type { Home } from '../../platform/ports.ts';

/** Artifacts never change, so each is read once. */
const known = new Map<string, Baseline>();

/** The baseline of a version; undefined when it was registered without one. */
export async function baselineOf(home: Pick<Home, 'artifacts'>, version: ModelVersion): Promise<Baseline | undefined> {
  if (!version.baseline) return undefined;
  const { digest } = version.baseline;
  let baseline = known.get(digest);
  if (!baseline) {
    baseline = Baseline.parse(
      JSON.parse(new TextDecoder().decode(await readArtifact(home.artifacts, version.baseline))),
    );
    known.set(digest, baseline);
  }
  // A baseline that was registered before its columns were marked still has them.
  return withoutPersonal(baseline, version.manifest.contract);
}
