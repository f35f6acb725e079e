import type { ModelVersion } from '../../core/registry/version.ts';
import { SideBySide } from '../../core/replay/side-by-side.ts';
import { readArtifact } from '../../platform/artifact.ts';
import type { Home } from '../../platform/ports.ts';

/**
 * What a version and the champion said about the same rows when it was registered; undefined where nothing was
 * compared.
 */
export async function sideBySideOf(
  { artifacts }: Pick<Home, 'artifacts'>,
  { sideBySide }: Pick<ModelVersion, 'sideBySide'>,
): Promise<SideBySide | undefined> {
  if (sideBySide === undefined) return undefined;
  return SideBySide.parse(JSON.parse(new TextDecoder().decode(await readArtifact(artifacts, sideBySide))));
}
