import { Baseline } from '../../core/profile/profile.ts';
import { isSameBaseline } from '../../core/registry/identity.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import { readArtifact } from '../../platform/artifact.ts';
import { digestOf } from '../../platform/digest.ts';
import type { ModelFolder } from '../../platform/model-folder.ts';
import type { Home } from '../../platform/ports.ts';

/** Baselines that are read and compared, at most. */
const MAX_READ = 8;

/**
 * The bytes of a baseline as it was registered with the same graph, where it was only made again since; else as it
 * comes. Of many versions only the latest are looked at, those before others whose baseline is as long, for one that was
 * written by this program again is.
 *
 * @param digest of the graph
 */
export async function registeredBaseline(
  { ledger, artifacts }: Pick<Home, 'ledger' | 'artifacts'>,
  { model, digest }: { readonly model: string; readonly digest: string },
  { bytes, value }: NonNullable<ModelFolder['baseline']>,
): Promise<Uint8Array> {
  const own = digestOf(bytes);
  const alike = new Map<string, NonNullable<ModelVersion['baseline']>>();
  for await (const { artifact, baseline } of ledger.versions(model)) {
    if (artifact.digest !== digest || baseline === undefined) continue;
    if (baseline.digest === own) return bytes;
    // Put where its latest version is.
    alike.delete(baseline.digest);
    alike.set(baseline.digest, baseline);
  }
  const latest = [...alike.values()].reverse();
  const isAsLong = (baseline: { readonly bytes: number }): boolean => baseline.bytes === bytes.length;
  const ordered = [...latest.filter(isAsLong), ...latest.filter((baseline) => !isAsLong(baseline))];
  for (const baseline of ordered.slice(0, MAX_READ)) {
    // One that is lost is for whoever looks after what is kept; here it is only another one.
    const kept = await readArtifact(artifacts, baseline).catch(() => undefined);
    const before = kept && Baseline.safeParse(JSON.parse(new TextDecoder().decode(kept)));
    if (before?.success && isSameBaseline(before.data, value)) return kept!;
  }
  return bytes;
}
