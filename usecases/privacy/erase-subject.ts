import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { CAPTURES } from '../../core/captures/capture-key.ts';
import { datasetFolder, FORMER_VERSION, VERSION_FILES } from '../../core/datasets/dataset-key.ts';
import { joinedPrefix, parseShardKey } from '../../core/quality/joined-record.ts';
import type { Home } from '../../platform/ports.ts';
import { makeTemporaryFolder, sweepTemporaryFolders } from '../../platform/temporary-folder.ts';
import { markErased } from '../ground-truth/erasure-watch.ts';
import { predictionKey } from '../ground-truth/prediction-index.ts';
import { markStale, recomputeStale } from '../quality/recompute-tallies.ts';
import { RuleBook } from '../quality/version-rules.ts';
import { settleDataset } from '../quarantine/returns.ts';
import { Registry } from '../registry/registry.ts';
import { FormerDatasetError } from '../validation/dataset-version.ts';
import { clearMarks, endErasure } from '../validation/erasure-marks.ts';
import { type DataOwner, dataOwners, datasetsWithoutContract, Subject } from './data-owners.ts';
import { throughGzip } from './edit-lines.ts';
import { editParquet, editTable } from './edit-tables.ts';
import { CaptureEdit } from './erase-captures.ts';
import { truthEdit, truthPlaces } from './erase-ground-truth.ts';
import { keepCounted, quarantineEdit, renewReport, storeReport } from './erase-validation-data.ts';
import { addTally, type Erased, Journal, type Kind } from './erasure-record.ts';
import type { ForgetView } from './forget-view.ts';
import { type ErasureCount, type RewriteOptions, rewriteObjects } from './rewrite-objects.ts';

/** Nobody can be looked for as the request has it. */
export class ForgetError extends Error {
  override readonly name = 'ForgetError';
}

export interface ForgetOptions {
  /** Whom to forget, as the subject column has it. Either this or `prediction`. */
  readonly subject?: string | undefined;
  /** A prediction id: the whole request, or one row of it as `ID#row`. */
  readonly prediction?: string | undefined;
  /** Look at this model or dataset only. */
  readonly model?: string | undefined;
  /** Only look what there is. */
  readonly dryRun?: boolean | undefined;
  /** Identifies the request; the same one again goes on where it was interrupted. @default a new one */
  readonly request?: string | undefined;
  /** Who asks for it. */
  readonly actor: string;
  readonly onProgress?: (objects: number, key: string) => void;
}

/**
 * Erases what is kept about one subject, or of one prediction: captures, ground truth, quarantined rows, dataset
 * versions, drops. Dataset versions are immutable but for this. Each model that was touched gets a ledger entry, which
 * says how much and never about whom. Done again, it finds nothing more to do.
 *
 * @throws ForgetError when no contract names a subject, and no capture was routed by it or sent by it
 */
export async function forget(home: Home, options: ForgetOptions): Promise<ForgetView> {
  const request = options.request ?? randomUUID();
  for (const folder of await sweepTemporaryFolders())
    process.emitWarning(`${folder} may hold rows of people and cannot be removed: remove it`);
  const scratch = await makeTemporaryFolder('forget');
  try {
    return await new Forgetting(home, options, request, scratch).run();
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

class Forgetting {
  readonly #dryRun: boolean;
  readonly #at: string;
  readonly #erased: Erased = {};
  #objects = 0;
  readonly #unnamed = new Set<string>();
  readonly #unread = new Set<string>();

  constructor(
    private readonly home: Home,
    private readonly options: ForgetOptions,
    private readonly request: string,
    private readonly scratch: string,
  ) {
    this.#dryRun = options.dryRun ?? false;
    this.#at = home.clock.now().toISOString();
  }

  async run(): Promise<ForgetView> {
    const owners = await dataOwners(this.home, this.options.model);
    if (owners.length === 0)
      throw new ForgetError(
        this.options.model === undefined
          ? 'there are no models here'
          : `no model or dataset named ${this.options.model}`,
      );
    const subjects = await this.#subjects(owners);
    const journal = this.#dryRun
      ? undefined
      : await Journal.open(this.home, this.request, this.#at, this.options.actor);

    // Captures are what tells which predictions are whose, so they are looked through first and erased last.
    const captures = new CaptureEdit({ subjects, prediction: this.options.prediction, model: this.options.model });
    const holding = new Set<string>();
    const sweeps = { dryRun: this.#dryRun, scratch: this.scratch, unread: (key: string) => this.#unread.add(key) };
    await rewriteObjects({
      ...sweeps,
      dryRun: true,
      store: this.home.captures,
      prefix: CAPTURES,
      edit: captures.edit,
      seen: (key, gone) => {
        this.#progress(key);
        if (gone > 0) holding.add(key);
      },
    });
    // What an earlier run of this request has erased cannot be found again.
    if (holding.size === 0 && Object.keys(journal?.erased ?? {}).length === 0) this.#assertNamed(owners);
    // Elsewhere than in captures a subject is told by its column.
    const subjectOf = (owner: DataOwner) => (owner.subjects.size > 0 ? subjects.get(owner.name) : undefined);
    for (const owner of owners) {
      const subject = subjectOf(owner);
      await this.#truths(journal, owner, captures.ids, subject);
      if (subject) await this.#data(journal, owner, subject);
    }
    if (this.#dryRun) for (const [model, tally] of captures.tallies) this.#count(model, 'captures', tally);
    else
      for (const key of holding) {
        const again = new CaptureEdit({ subjects, prediction: this.options.prediction, model: this.options.model });
        await rewriteObjects({
          ...sweeps,
          store: this.home.captures,
          prefix: key,
          wanted: (each) => each === key,
          edit: again.edit,
          seen: () => undefined,
        });
        for (const [model, tally] of again.tallies) {
          this.#count(model, 'captures', tally);
          await journal?.count(model, 'captures', tally);
        }
      }
    // Whoever was joining meanwhile has perhaps stored rows of captures that it had read before.
    if (!this.#dryRun) {
      await markErased(this.home);
      for (const owner of owners) await this.#truths(journal, owner, captures.ids, subjectOf(owner));
    }
    // What was counted of the erased rows goes with them.
    if (!this.#dryRun)
      for (const { model, hour } of await recomputeStale(this.home, new RuleBook(this.home)))
        this.#unread.add(joinedPrefix(model, hour));
    const entries = journal ? await this.#record(journal, owners) : [];
    await journal?.close(this.#unread.size === 0);
    return {
      request: this.request,
      dryRun: this.#dryRun,
      erased: journal?.erased ?? this.#erased,
      entries,
      unread: [...this.#unread],
      unnamed: [...this.#unnamed],
      beyond: [...(await this.#unnaming(owners)), ...this.#beyond()],
    };
  }

  /** The subject as each owner knows it; none when a prediction is to be forgotten. */
  async #subjects(owners: readonly DataOwner[]): Promise<Map<string, Subject>> {
    const { subject } = this.options;
    if (subject === undefined) return new Map();
    const keys = await this.home.privacy();
    return new Map(owners.map((owner) => [owner.name, new Subject(owner, subject, keys)]));
  }

  /** @throws ForgetError when there is nothing that a subject could be told by */
  #assertNamed(owners: readonly DataOwner[]): void {
    if (this.options.subject === undefined || owners.some(({ subjects }) => subjects.size > 0)) return;
    throw new ForgetError(
      `no contract of ${owners.map(({ name }) => name).join(', ')} names a subject (data.subject): forget by prediction`,
    );
  }

  /** Erases ground truth: of the predictions of some ids, and what says itself that it is about the subject. */
  async #truths(
    journal: Journal | undefined,
    owner: DataOwner,
    ids: ReadonlySet<string>,
    subject: Subject | undefined,
  ): Promise<void> {
    if (!owner.model) return;
    const { prediction } = this.options;
    const isWanted = (key: string): boolean =>
      ids.has(key) ||
      // Its capture may be gone since an earlier run of this request.
      (prediction !== undefined && [key, key.replace(/#\d+$/, '')].includes(predictionKey(owner.name, prediction)));
    for (const prefix of truthPlaces(owner.name))
      await this.#sweep(journal, owner, 'truths', {
        prefix,
        edit: truthEdit(owner.name, isWanted, subject),
        before: async (key) => {
          const hour = parseShardKey(key);
          if (hour !== undefined) await markStale(this.home, hour);
        },
      });
  }

  async #data(journal: Journal | undefined, owner: DataOwner, subject: Subject): Promise<void> {
    const erasure = { home: this.home, owner, scratch: this.scratch, at: this.#at };
    let rows = 0;
    const begun: string[] = [];
    if (!this.#dryRun) {
      await settleDataset(this.home, owner.name);
      await clearMarks(this.home, owner.name);
    }
    await this.#sweep(journal, owner, 'drops', {
      prefix: `incoming/${owner.name}/`,
      edit: async (from, to, key) => {
        const edited = await editTable(from, to, subject, key);
        if (!edited.named) this.#unnamed.add(key);
        return edited;
      },
      before: async (key, copy, from) => {
        begun.push(await storeReport(erasure, key, copy, from));
      },
      after: async () => {
        for (const file of begun.splice(0)) await endErasure(this.home, owner.name, file);
      },
    });
    await this.#sweep(journal, owner, 'datasets', {
      prefix: datasetFolder(owner.name),
      wanted: (key) => {
        if (FORMER_VERSION.test(key)) throw new FormerDatasetError(owner.name, key);
        return key.endsWith(`/${VERSION_FILES.rows}`);
      },
      edit: async (from, to, key) => {
        const { gone, left, named } = await editParquet(from, to, subject);
        if (!named) this.#unnamed.add(key);
        rows = left;
        // A version stays, also when none of its rows does.
        return { gone, left: Math.max(1, left) };
      },
      after: (key) => keepCounted(erasure, key, rows),
    });
    await this.#sweep(journal, owner, 'quarantine', {
      prefix: `quarantine/${owner.name}/`,
      wanted: (key) => /\/(rows\.jsonl|source(\.[^/]*)?|mended\/[^/]+)$/.test(key),
      edit: async (from, to, key) => {
        if (key.endsWith('/rows.jsonl')) return quarantineEdit(subject)(from, to);
        const edited = await editTable(from, to, subject, key);
        if (!edited.named) this.#unnamed.add(key);
        return edited;
      },
      before: async (key, copy) => {
        if (key.endsWith('/rows.jsonl')) await renewReport(erasure, key.split('/').at(-2)!, copy);
      },
    });
  }

  async #sweep(
    journal: Journal | undefined,
    owner: DataOwner,
    kind: Kind,
    what: Pick<RewriteOptions, 'prefix' | 'wanted' | 'edit' | 'before' | 'after'>,
  ): Promise<void> {
    await rewriteObjects({
      ...what,
      edit: throughGzip(what.edit),
      unread: (key) => this.#unread.add(key),
      store: this.home.data,
      scratch: this.scratch,
      dryRun: this.#dryRun,
      seen: async (key, gone, latest) => {
        this.#progress(key);
        if (gone === 0) return;
        const tally = { objects: 1, rows: latest ? gone : 0 };
        this.#count(owner.name, kind, tally);
        await journal?.count(owner.name, kind, tally);
      },
    });
  }

  #count(owner: string, kind: Kind, tally: ErasureCount): void {
    addTally(this.#erased, owner, kind, tally);
  }

  #progress(key: string): void {
    this.options.onProgress?.(++this.#objects, key);
  }

  /** One entry a model that was touched, unless an earlier run of this request has written it. */
  async #record(journal: Journal, owners: readonly DataOwner[]): Promise<{ model: string; entry: number }[]> {
    const registry = new Registry(this.home, this.options.actor);
    const entries: { model: string; entry: number }[] = [];
    for (const { name, model } of owners) {
      const erased = journal.erased[name];
      if (!model || erased === undefined) continue;
      let known: number | undefined;
      for await (const entry of this.home.ledger.entries(name))
        if (entry.kind === 'subject-forgotten' && isOf(entry.evidence, this.request)) known = entry.number;
      if (known !== undefined && this.#erased[name] === undefined) {
        entries.push({ model: name, entry: known });
        continue;
      }
      const rows = Object.values(erased).reduce((sum, tally) => sum + tally.rows, 0);
      const objects = Object.values(erased).reduce((sum, tally) => sum + tally.objects, 0);
      const { number } = await registry.apply(
        name,
        {
          type: 'forget-subject',
          reason: `request ${this.request}: ${rows} rows in ${objects} objects erased`,
          evidence: { request: this.request, erased },
        },
        { retries: 10 },
      );
      entries.push({ model: name, entry: number });
    }
    return entries;
  }

  /** What was not looked through, for nothing says whom it is about. */
  async #unnaming(owners: readonly DataOwner[]): Promise<string[]> {
    if (this.options.subject === undefined) return [];
    const silent = owners.filter(({ subjects }) => subjects.size === 0);
    const strangers = await datasetsWithoutContract(this.home, owners, this.options.model);
    return [
      ...silent.map(({ name, model }) =>
        model
          ? `${name}: its contract names no subject, so it was looked through for captures of requests only that were routed by that subject, or sent by it`
          : `${name}: its contract names no subject, so it was not looked through`,
      ),
      ...strangers.map((name) => `${name}: this dataset has no contract, so it was not looked through`),
    ];
  }

  #beyond(): string[] {
    return [
      'models that were trained on the rows: what they learnt stays in them',
      'counts: profiles of drift windows, metrics and baselines say how many, not who',
      'what others have copied: exports, replicas, backups of the stores',
      'predictions on their way to the captures (a few minutes): run it again later',
      'ground truth of predictions whose captures have expired, unless it names its subject',
      ...(this.home.kind === 'aws'
        ? [
            'logs of the functions, which hold captured lines (treated) until their retention ends',
            'access logs of the API and the stores, and what the delivery stream could not deliver (failed/)',
          ]
        : []),
    ];
  }
}

const isOf = (evidence: unknown, request: string): boolean =>
  (evidence as { request?: unknown } | undefined)?.request === request;
