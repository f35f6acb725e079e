import { canonical } from '../../core/registry/canonical.ts';
import { RegistrationRefusedError, UnknownVersionError } from '../../core/registry/errors.ts';
import type { Entry } from '../../core/registry/ledger.ts';
import { ModelVersion } from '../../core/registry/version.ts';
import { digestOf } from '../../platform/digest.ts';
import type { Home } from '../../platform/ports.ts';
import { RELEASES } from '../../platform/snapshots.ts';
import { copyArtifact } from './keep-artifact.ts';
import type { MirroredModel } from './mirror-view.ts';
import { verifyLedger } from './verify-ledger.ts';

type Mirrored = Pick<Home, 'ledger' | 'artifacts' | 'seals' | 'description'>;

/**
 * Makes the ledger of a model in another home the same as in this one: every entry as it was written, approvals and
 * releases with it, and all files that its versions need. The other home is for nothing else: it may lack the last
 * entries, and have none of its own. Both are verified, this one before and the other one afterwards.
 *
 * @throws UnknownVersionError for a model that is not there
 * @throws RegistrationRefusedError when either ledger is not as it was written, or they are two ledgers
 */
export async function mirrorLedger(source: Mirrored, target: Mirrored, model: string): Promise<MirroredModel> {
  // Before the entries: what is kept of an entry that comes meanwhile is for the next time.
  const kept = await keysOf(source, model);
  await mustBeAsWritten(source, model);
  const entries = await entriesOf(source, model);
  const last = entries.at(-1);
  if (last === undefined) throw new UnknownVersionError(model);
  const there = await entriesOf(target, model);
  mustBePrefix(there, entries, { source, target, model });
  await mustHaveKeys(target, entries);
  const versions = new Map<number, ModelVersion>();
  for await (const version of source.ledger.versions(model)) versions.set(version.version, version);
  let artifacts = 0;
  // Those of entries that are there as well: one that was lost comes back.
  for (const { artifact, baseline, rehearsal, card, sideBySide } of versions.values())
    for (const part of [artifact, baseline, rehearsal, card, sideBySide])
      if (part !== undefined && !(await copyArtifact(source, target, part))) artifacts++;
  const missing = entries.slice(there.length);
  for (const entry of missing) await target.ledger.append(entry, versionOf(entry, versions));
  for (const key of kept)
    if (await target.artifacts.put(key, await source.artifacts.get(key), { ifAbsent: true })) artifacts++;
  await mustBeAsWritten(target, model);
  const head = digestOf(canonical(last));
  return { model, entries: entries.length, appended: missing.length, artifacts, head };
}

async function mustBeAsWritten(home: Mirrored, model: string): Promise<void> {
  const { faults } = await verifyLedger(home, model);
  const [fault] = faults;
  if (fault !== undefined)
    throw new RegistrationRefusedError(
      `the ledger of ${model} in ${home.description} is not as it was written (${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}; entry ${fault.entry}: ${fault.fault}): see \`trimtab history ${model} --verify\` there`,
    );
}

/** A folder verifies seals by their keys, which are not copied. */
async function mustHaveKeys({ seals, description }: Mirrored, entries: readonly Entry[]): Promise<void> {
  const keys = (await seals?.book())?.keys.map(({ id }) => id);
  const sealed = entries.find(({ seal }) => seal !== undefined && keys?.includes(seal.key) === false);
  if (sealed !== undefined)
    throw new RegistrationRefusedError(
      `entries from ${sealed.number} on are sealed with the key ${sealed.seal?.key}, which ${description} has not: name it by TRIMTAB_LEDGER_KEY_FILE; nothing was mirrored`,
    );
}

function mustBePrefix(
  there: readonly Entry[],
  entries: readonly Entry[],
  { source, target, model }: { readonly source: Mirrored; readonly target: Mirrored; readonly model: string },
): void {
  const differs = there.findIndex((entry, i) => i < entries.length && canonical(entry) !== canonical(entries[i]));
  if (differs !== -1)
    throw new RegistrationRefusedError(
      `entry ${there[differs]!.number} of ${model} in ${target.description} is another than in ${source.description}: they are two ledgers, and a home that mirrors another is written to by nobody else; \`trimtab copy\` copies single versions between them`,
    );
  if (there.length > entries.length)
    throw new RegistrationRefusedError(
      `${target.description} has ${there.length} entries of ${model}, and ${source.description} the first ${entries.length} of them: mirror them the other way round`,
    );
}

/** The record that is written with an entry. */
function versionOf({ kind, version, record, number }: Entry, versions: ReadonlyMap<number, ModelVersion>) {
  if (kind !== 'registered' || version === null) return undefined;
  const found = versions.get(version);
  // What is stored is what this program makes of it: of an older record, that can be more than was written.
  if (found === undefined || digestOf(canonical(ModelVersion.parse(found))) !== record)
    throw new RegistrationRefusedError(
      `the record of entry ${number} was written by an older version of the program, and cannot be written again as it was: mirror with the program that wrote it`,
    );
  return found;
}

async function entriesOf({ ledger }: Mirrored, model: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of ledger.entries(model)) entries.push(entry);
  return entries;
}

/** What is kept of each entry beside the ledger. */
async function keysOf({ artifacts }: Mirrored, model: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of artifacts.list(`${RELEASES}${model}/`)) keys.push(key);
  return keys;
}
