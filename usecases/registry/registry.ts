import { judgeRulesOf } from '../../core/judge/manifest-rules.ts';
import type { Signature } from '../../core/model/signature.ts';
import type { Anchor } from '../../core/registry/anchor.ts';
import { type ChainReport, linksTo } from '../../core/registry/chain.ts';
import type { Command } from '../../core/registry/commands.ts';
import { type ContentChange, contentChanges, documentChanges } from '../../core/registry/content-changes.ts';
import { decide } from '../../core/registry/decide.ts';
import { ReleaseConflictError, UnknownVersionError, VouchingError } from '../../core/registry/errors.ts';
import { isSameContent, type VersionContent, type VersionDocuments } from '../../core/registry/identity.ts';
import { EMPTY_STATE, Entry, type ReleaseState } from '../../core/registry/ledger.ts';
import { sealOf, type Unsealed } from '../../core/registry/seal.ts';
import { ModelVersion } from '../../core/registry/version.ts';
import type { ReleaseChanged } from '../../events/schemas.ts';
import { keptLately } from '../../platform/anchors.ts';
import { digestOf, digestOfFile } from '../../platform/digest.ts';
import { readModelFolder } from '../../platform/model-folder.ts';
import type { Home } from '../../platform/ports.ts';
import { withTimeout } from '../../platform/with-timeout.ts';
import { formerTrial } from './former-release.ts';
import { keepBytes, keepJson, keepModel } from './keep-artifact.ts';
import { keepRelease, makeUpForKept } from './keep-release.ts';
import { type LedgerPage, readEntriesSince, readLastEntries } from './read-history.ts';
import { registeredBaseline } from './registered-baseline.ts';
import {
  evidenceOf,
  type KeptVersion,
  type RegisterOptions,
  type Registration,
  registrationReason,
} from './registration.ts';
import { verifyLedger } from './verify-ledger.ts';

/** Others may register at the same time; each round one of them gets on. */
const REGISTER_RETRIES = 10;
/** How long a change waits for its snapshot. */
const SNAPSHOT_MS = 5_000;

export interface ApplyOptions {
  /** Refuse when somebody has changed the release since this revision was read. */
  readonly expectedRevision?: number;
  /** How often to read again and decide anew after a conflict; 0, the default, tells the caller. */
  readonly retries?: number;
}

/** The registry as people and functions use it: decides by the pure state machine, writes one ledger entry. */
export class Registry {
  constructor(
    private readonly home: Pick<Home, 'ledger' | 'artifacts' | 'clock' | 'bus' | 'seals'>,
    /** Who makes the changes: `user:ada`, `function:rollback`. */
    private readonly actor: string,
  ) {}

  /** The release as it is now; the empty state for a model that is not there. */
  async state(model: string): Promise<ReleaseState> {
    return (await this.home.ledger.latest(model))?.state ?? EMPTY_STATE;
  }

  /** @throws UnknownVersionError */
  async version(model: string, version: number): Promise<ModelVersion> {
    const found = await this.home.ledger.version(model, version);
    if (!found) throw new UnknownVersionError(model, version);
    return found;
  }

  /** All entries in order: of a long ledger, many. @throws UnknownVersionError for an unknown model */
  async history(model: string): Promise<Entry[]> {
    const entries = await collect(this.home.ledger.entries(model));
    if (entries.length === 0) throw new UnknownVersionError(model);
    return entries;
  }

  /** The last entries, or those before one. @throws UnknownVersionError for an unknown model */
  async lastEntries(model: string, page: { limit: number; before?: number | undefined }): Promise<LedgerPage> {
    const found = await readLastEntries(this.home.ledger, model, page);
    if (found.entries.length === 0 && (await this.state(model)).revision === 0) throw new UnknownVersionError(model);
    return found;
  }

  /** All entries since an instant, and the last one in any case. @throws UnknownVersionError for an unknown model */
  async entriesSince(model: string, since: Date): Promise<Entry[]> {
    const entries = await readEntriesSince(this.home.ledger, model, since);
    if (entries.length === 0) throw new UnknownVersionError(model);
    return entries;
  }

  /** Looks whether a ledger is as it was written; see {@link verifyLedger}. */
  verify(model: string, anchor?: Anchor): Promise<ChainReport> {
    return verifyLedger(this.home, model, anchor);
  }

  /**
   * Vouches for the entries of a model that are before its first seal: from then on they are held against what they are
   * now.
   *
   * @returns undefined when none of them has to be vouched for
   * @throws UnknownVersionError for an unknown model
   * @throws VouchingError when the home has no key, or its record of who vouched is not what was written
   */
  async vouch(model: string, reason: string): Promise<Unsealed | undefined> {
    if (this.home.seals === undefined)
      throw new VouchingError('the entries of this home have no seals: what is kept of them cannot be overwritten');
    const at = this.home.clock.now().toISOString();
    return this.home.seals.vouch(await this.history(model), { by: this.actor, at, reason });
  }

  /**
   * Makes a command happen: one conditional write, then the news of it on the bus.
   *
   * @throws ReleaseRefusedError when it does not fit the state
   * @throws ReleaseConflictError when somebody else was first
   */
  async apply(model: string, command: Command, options: ApplyOptions = {}): Promise<Entry> {
    return this.#append(model, command, options);
  }

  /**
   * Registers a model folder: artifacts by their content, then the version and its entry in one write. Graph, manifest
   * and baseline that are registered already give the version they have.
   *
   * @param signature what the graph takes and gives, read by the caller
   * @throws ModelFolderError
   */
  async register(
    folder: string,
    signature: Signature,
    { modelFile, repairs, prepare, compare }: RegisterOptions = {},
  ): Promise<Registration> {
    const files = await readModelFolder(folder, signature, modelFile);
    const model = files.manifest.name;
    const digest = await digestOfFile(files.modelFile);
    const baseline = files.baseline && (await registeredBaseline(this.home, { model, digest }, files.baseline));
    const content: VersionContent & VersionDocuments = {
      artifact: { digest },
      manifest: files.manifest,
      baseline: baseline && { digest: digestOf(baseline) },
      metrics: files.metrics,
      card: files.card && { digest: digestOf(files.card) },
    };
    const known = await this.#likest(model, content);
    if (known?.existed) return known;
    const candidate = { folder, manifest: files.manifest, signature, modelFile: files.modelFile, digest };
    const prepared = await prepare?.({ ...candidate, baseline: files.baseline?.value });
    const rehearsal = prepared?.rehearsal;
    const rehearsed = rehearsal !== undefined && rehearsal.kept.length > 0;
    const { artifacts } = this.home;
    const kept = {
      artifact: await keepModel(artifacts, files.modelFile, digest),
      baseline: baseline && (await keepBytes(artifacts, { folder: 'baselines', extension: 'json' }, baseline)),
      card: files.card && (await keepBytes(artifacts, { folder: 'cards', extension: 'md' }, files.card)),
      ...(rehearsed && { rehearsal: await keepJson(artifacts, 'rehearsals', rehearsal) }),
    };
    const record = {
      model,
      ...kept,
      signature,
      manifest: files.manifest,
      metrics: files.metrics,
      ...(repairs && { repairs }),
    };
    const version = (await this.state(model)).latest + 1;
    const beside = await compare?.({ ...record, ...this.#stamp(), version });
    const sideBySide = beside && (await keepJson(artifacts, 'side-by-side', beside));
    const why = { reason: registrationReason(digest, prepared), ...evidenceOf(beside, prepared) };
    return this.registerKept({ ...record, ...(sideBySide && { sideBySide }) }, why);
  }

  /** The version that is there of the same graph, manifest and baseline. */
  async known(record: KeptVersion): Promise<Registration | undefined> {
    const like = await this.#likest(record.model, record);
    return like?.existed ? like : undefined;
  }

  /** Registers a version whose artifacts are in the store already, as the next one, with its entry in one write. */
  async registerKept(
    record: KeptVersion,
    why: { readonly reason: string; readonly evidence?: unknown },
  ): Promise<Registration> {
    const { model } = record;
    const stamped = { ...record, ...this.#stamp() };
    for (let attempt = 0; ; attempt++) {
      // Read before the look for the same model: whoever registers it in between makes this revision stale.
      const state = await this.state(model);
      const like = await this.#likest(model, record);
      if (like?.existed) return like;
      const version: ModelVersion = { ...stamped, version: state.latest + 1 };
      try {
        const command: Command = { type: 'register', version: version.version, ...why };
        const entry = await this.#append(model, command, { expectedRevision: state.revision }, version);
        return { version, entry, existed: false, ...(like?.differences && { differences: like.differences }) };
      } catch (error) {
        if (!(error instanceof ReleaseConflictError) || attempt >= REGISTER_RETRIES) throw error;
      }
    }
  }

  #stamp(): Pick<ModelVersion, 'registeredAt' | 'registeredBy'> {
    return { registeredAt: this.home.clock.now().toISOString(), registeredBy: this.actor };
  }

  async #append(
    model: string,
    command: Command,
    { expectedRevision, retries = 0 }: ApplyOptions,
    version?: ModelVersion,
  ): Promise<Entry> {
    for (let attempt = 0; ; attempt++) {
      const latest = await this.home.ledger.latest(model);
      const state = latest?.state ?? EMPTY_STATE;
      if (expectedRevision !== undefined && state.revision !== expectedRevision)
        throw new ReleaseConflictError(model, expectedRevision, state.revision);
      // Registering is what brings a model into being; everything else needs one.
      if (state.revision === 0 && command.type !== 'register') throw new UnknownVersionError(model);
      const at = this.#notBefore(latest);
      const entry = await this.#sealed({
        ...decide(state, await this.#withRules(model, command, state), { model, at, actor: this.actor }),
        ...linksTo(latest, version && ModelVersion.parse(version), digestOf),
      });
      try {
        await this.home.ledger.append(entry, version);
      } catch (error) {
        if (error instanceof ReleaseConflictError && attempt < retries) continue;
        throw error;
      }
      await Promise.all([this.#announce(entry), this.#keep(entry, latest)]);
      return entry;
    }
  }

  /**
   * What a version is judged by is fixed by the entry that gives it traffic; of one that was taken back before, by the
   * first of these.
   */
  async #withRules(model: string, command: Command, state: ReleaseState): Promise<Command> {
    if (command.type !== 'release' && command.type !== 'start-canary' && command.type !== 'start-test') return command;
    const former = await formerTrial(this.home, model, command.version, state);
    const record = await this.home.ledger.version(model, command.version);
    const rules = former?.rules ?? (record && judgeRulesOf(record.manifest));
    const reason = former === undefined ? command.reason : `${command.reason}; ${former.sentence}`;
    return { ...command, reason, ...(rules && { rules }) };
  }

  /** Sealed as it will be read again. */
  async #sealed(entry: Entry): Promise<Entry> {
    if (this.home.seals === undefined) return entry;
    const key = await this.home.seals.key();
    return { ...entry, seal: sealOf(Entry.parse(entry), key) };
  }

  /** The time now, but never before the last entry: clocks differ, and the history must read in the order it happened. */
  #notBefore(latest: Entry | undefined): string {
    const now = this.home.clock.now().toISOString();
    return latest !== undefined && latest.at > now ? latest.at : now;
  }

  /** Tells the bus. The entry stands whether or not the bus takes the news, so that is no failure of the change. */
  async #announce({ model, number, kind, version, reason }: Entry): Promise<void> {
    const detail: Omit<ReleaseChanged, 'environment'> = { model, entry: number, kind, version, reason };
    try {
      await this.home.bus.publish({ source: 'trimtab', detailType: 'Release Changed', detail });
    } catch (error) {
      process.emitWarning(`entry ${number} of ${model} could not be announced: ${(error as Error).message}`);
    }
  }

  /**
   * For endpoints that start while the ledger cannot be read. Made up for by the next look of `advance`, and in a home
   * with seals by the next change, for nothing may run there in between.
   */
  async #keep(entry: Entry, before: Entry | undefined): Promise<void> {
    const keepBoth = async (): Promise<void> => {
      if (before !== undefined && this.home.seals !== undefined) {
        const { anchored } = await keptLately(this.home.artifacts, before.model);
        await makeUpForKept(this.home, before, anchored);
      }
      await keepRelease(this.home, entry);
    };
    try {
      await withTimeout(SNAPSHOT_MS, 'the artifact store', keepBoth());
    } catch (error) {
      process.emitWarning(`the release ${entry.number} of ${entry.model} is not kept: ${(error as Error).message}`);
    }
  }

  /** The version of the same content, else the last one with the same graph, else the last one; and what differs there. */
  async #likest(model: string, content: VersionContent & VersionDocuments): Promise<Registration | undefined> {
    let [last, sameGraph]: (ModelVersion | undefined)[] = [];
    for await (const version of this.home.ledger.versions(model)) {
      if (isSameContent(version, content))
        return { version, existed: true, ...differencesOf(version, documentChanges(version, content)) };
      last = version;
      if (version.artifact.digest === content.artifact.digest) sameGraph = version;
    }
    const version = sameGraph ?? last;
    return version && { version, existed: false, ...differencesOf(version, contentChanges(version, content)) };
  }
}

const differencesOf = (
  { version }: ModelVersion,
  changes: readonly ContentChange[],
): Pick<Registration, 'differences'> => (changes.length > 0 ? { differences: { version, changes } } : {});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
