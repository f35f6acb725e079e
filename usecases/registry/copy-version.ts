import { canonical } from '../../core/registry/canonical.ts';
import type { EndpointLimits } from '../../core/registry/endpoint-limits.ts';
import { RegistrationRefusedError, UnknownVersionError } from '../../core/registry/errors.ts';
import { EMPTY_STATE, type Entry } from '../../core/registry/ledger.ts';
import type { Artifact, ModelVersion } from '../../core/registry/version.ts';
import { digestOf } from '../../platform/digest.ts';
import type { Home } from '../../platform/ports.ts';
import { type CopiedFrom, CopyEvidence, type CopyView, homeText } from './copy-view.ts';
import { assertBytesFit } from './fits-endpoint.ts';
import { copyArtifact } from './keep-artifact.ts';
import type { KeptVersion, Registration } from './registration.ts';
import type { Registry } from './registry.ts';
import { verifyLedger } from './verify-ledger.ts';
import { versionStanding } from './version-standing.ts';

/** Decisions that are taken along as evidence: those before are in the ledger of the source. */
const MAX_DECISIONS = 12;

/** The parts of a version, in the order in which they are copied. What it was compared with stays where that is. */
const PARTS = [
  ['model', 'artifact'],
  ['baseline', 'baseline'],
  ['rehearsal', 'rehearsal'],
  ['card', 'card'],
] as const;

type Source = Pick<Home, 'ledger' | 'artifacts' | 'seals' | 'metrics' | 'description' | 'kind'>;

/** A version in its home, and what the ledger there says of it. */
export interface VersionToCopy {
  readonly record: ModelVersion;
  readonly from: CopiedFrom;
  /** Homes that it came through before. */
  readonly through: readonly CopiedFrom[];
  /** Evidence of the entry that registered it. */
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** Where a version is copied to. */
export interface CopyTarget {
  readonly home: Home;
  /** The registry of that home. */
  readonly registry: Registry;
}

export interface CopyOptions {
  /** Copies what is refused unless somebody says why. */
  readonly force?: boolean | undefined;
  /** What the endpoint has that is deployed on the target. @default not known, and nothing is held to it */
  readonly limits?: EndpointLimits | undefined;
  /** Why, for the ledger. @default that it was copied, and where from */
  readonly reason?: string | undefined;
}

/**
 * Reads a version to copy. The whole ledger of its model is verified first: what does not fit it is no evidence of
 * anything.
 *
 * @throws UnknownVersionError
 * @throws RegistrationRefusedError when the ledger is not as it was written
 */
export async function readVersionToCopy(source: Source, model: string, version: number): Promise<VersionToCopy> {
  const { ledger } = source;
  if ((await ledger.latest(model)) === undefined) throw new UnknownVersionError(model);
  const record = await ledger.version(model, version);
  if (record === undefined) throw new UnknownVersionError(model, version);
  const { faults, entries: length } = await verifyLedger(source, model);
  const [fault] = faults;
  if (fault !== undefined)
    throw new RegistrationRefusedError(
      `the ledger of ${model} in ${source.description} is not as it was written (${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}; entry ${fault.entry}: ${fault.fault}): look at \`trimtab history ${model} --verify\` there; nothing was copied`,
    );
  const entries: Entry[] = [];
  for await (const entry of ledger.entries(model, { to: length })) entries.push(entry);
  const registered = entries.find((entry) => entry.kind === 'registered' && entry.version === version);
  const head = entries.at(-1);
  if (registered === undefined || head === undefined) throw new UnknownVersionError(model, version);
  const named = ({ number, at, actor }: Entry) => ({ entry: number, at, by: actor });
  const from: CopiedFrom = {
    kind: source.kind,
    home: source.description,
    environment: source.metrics.environment,
    version,
    registered: { ...named(registered), digest: digestOf(canonical(registered)) },
    head: { entry: head.number, digest: digestOf(canonical(head)) },
    standing: versionStanding(head.state, version),
    decisions: entries
      .filter((entry) => entry.version === version && entry !== registered)
      .slice(-MAX_DECISIONS)
      .map((entry) => ({ ...named(entry), kind: entry.kind, reason: entry.reason })),
  };
  const evidence = CopyEvidence.partial().safeParse(registered.evidence ?? {});
  return { record, from, through: evidence.data?.copied ?? [], evidence: evidence.data ?? {} };
}

/**
 * Copies a version into another home: first what it consists of, by digest, then its record and entry in one write. What
 * is cut off before that write counts for nothing and can be done again. The version gets the next number there, and is
 * neither approved nor released.
 *
 * @throws RegistrationRefusedError when it was barred where it comes from, its graph is there under another name, or the
 *   endpoint that is deployed there could not serve it
 * @throws DamagedArtifactError when what is read has another digest than it was registered with
 */
export async function copyVersion(
  source: Source,
  what: VersionToCopy,
  { home, registry }: CopyTarget,
  { force = false, limits, reason }: CopyOptions = {},
): Promise<CopyView> {
  const { record, from, through } = what;
  const { model } = record;
  const { sideBySide: _, version: __, registeredAt: ___, registeredBy: ____, ...kept } = record;
  // What is there already is looked at, and is no news of anything.
  const isNew = (await registry.known(kept)) === undefined;
  const against = isNew ? await objections(what, home) : [];
  if (against.length > 0 && !force) throw new RegistrationRefusedError(`${against.join('; ')}; nothing was copied`);
  if (isNew && limits !== undefined) await assertBytesFit(home, { model, bytes: record.artifact.bytes }, limits);
  const artifacts: CopyView['artifacts'] = [];
  for (const [part, member] of PARTS) {
    const artifact: Artifact | undefined = record[member];
    if (artifact === undefined) continue;
    artifacts.push({ ...artifact, part, existed: await copyArtifact(source, home, artifact) });
  }
  const registration = await register(registry, kept, what, { reason, forced: against });
  const { version } = registration.version;
  const changes = registration.existed ? undefined : registration.differences;
  const state = (await home.ledger.latest(model))?.state ?? EMPTY_STATE;
  return {
    model,
    existed: registration.existed,
    from,
    through: [...through],
    to: {
      kind: home.kind,
      home: home.description,
      environment: home.metrics.environment,
      version,
      standing: versionStanding(state, version),
    },
    artifacts,
    lineage: record.manifest.lineage,
    changes: changes === undefined ? null : { ...changes, changes: [...changes.changes] },
    forced: against,
  };
}

async function register(
  registry: Registry,
  kept: KeptVersion,
  { from, through, evidence: { rehearsal } }: VersionToCopy,
  { reason, forced }: { readonly reason: string | undefined; readonly forced: readonly string[] },
): Promise<Registration> {
  const said = `copied from ${homeText(from)}, where it is version ${from.version}, sha256 ${kept.artifact.digest.slice(0, 12)}…`;
  const evidence = {
    copied: [...through, from],
    ...(rehearsal !== undefined && { rehearsal }),
    ...(forced.length > 0 && { forced }),
  };
  return registry.registerKept(kept, {
    reason: [
      reason === undefined ? said : `${reason} (${said})`,
      ...(forced.length > 0 ? [`forced, although ${forced.join('; ')}`] : []),
    ].join('; '),
    evidence,
  });
}

/** Why a version should not be copied. */
async function objections({ record, from: { standing } }: VersionToCopy, { ledger }: Home): Promise<string[]> {
  const { model, version, artifact } = record;
  const own = `version ${version} of ${model}`;
  const found: string[] = [];
  if (standing.is === 'quarantined')
    found.push(`${own} is quarantined where it comes from: ${standing.reason ?? 'without a reason'}`);
  if (standing.is === 'rejected') found.push(`${own} is rejected where it comes from`);
  for (const other of await ledger.models()) {
    if (other === model) continue;
    for await (const there of ledger.versions(other))
      if (there.artifact.digest === artifact.digest) {
        found.push(`the same graph is version ${there.version} of ${other} in the home that it would be copied to`);
        break;
      }
  }
  return found;
}
