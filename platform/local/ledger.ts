import { randomBytes } from 'node:crypto';
import { chmod, lstat, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { ModelName } from '../../core/model/names.ts';
import type { StoredRecord } from '../../core/registry/chain.ts';
import { ReleaseConflictError } from '../../core/registry/errors.ts';
import { Entry } from '../../core/registry/ledger.ts';
import { ModelVersion } from '../../core/registry/version.ts';
import { PlatformError } from '../errors.ts';
import { parseLedgerText } from '../ledger-text.ts';
import type { Ledger, Stray } from '../ports.ts';
import { accessIn } from '../private-files.ts';
import { unfinishedIn } from '../unfinished.ts';
import { isAbsent, writeAtomically } from './atomic.ts';
import { announcementOf, entryFileOf, LATEST, NOTE, numberOf } from './ledger-names.ts';
import { withFileLock } from './lock.ts';
import { notAFile, notAWholeFile } from './regular-file.ts';

/** One file an entry. The version record that an entry announces is in the same file: one atomic write for both. */
const Page = z.strictObject({ entry: Entry, version: ModelVersion.optional() });
type Page = z.infer<typeof Page>;

/** As much of a page as a search for a version needs. */
const Counted = z.object({ entry: z.object({ state: z.object({ latest: z.int() }) }) });

/**
 * The ledger as files `<model>/000000001.json`; the file system lets each number be written once. What has become long
 * is not listed to find its end, and not read through to find a version.
 */
export class FileLedger implements Ledger {
  /** Model -> version -> number of the entry that announced it, as far as that is known. */
  readonly #announced = new Map<string, Map<number, number>>();

  constructor(readonly root: string) {}

  async latest(model: string): Promise<Entry | undefined> {
    return (await this.#latestPage(model))?.entry;
  }

  async *entries(model: string, { from = 1, to = Number.MAX_SAFE_INTEGER } = {}): AsyncIterable<Entry> {
    for await (const { entry } of this.#pages(model, from, to)) yield entry;
  }

  async append(entry: Entry, version?: ModelVersion): Promise<void> {
    const { model, number } = entry;
    const page = JSON.stringify(Page.parse({ entry, version }), null, 1);
    const file = this.#file(model, number);
    const write = (): Promise<boolean> =>
      writeAtomically(this.root, file, (unfinished) => writeFile(unfinished, page), { ifAbsent: true });
    if (!(await write()) && !((await this.#setAside(model, number)) && (await write())))
      throw new ReleaseConflictError(model, number - 1, (await this.#latestPage(model))?.entry.number ?? 0);
    await this.#point(model, LATEST, number);
    if (version !== undefined) await this.#point(model, announcementOf(version.version), number);
  }

  async version(model: string, version: number): Promise<ModelVersion | undefined> {
    return (await this.#announcement(model, version))?.version;
  }

  async *versions(model: string): AsyncIterable<ModelVersion> {
    const latest = await this.#latestPage(model);
    if (latest === undefined) return;
    const { number, state } = latest.entry;
    const unknown = state.latest - (this.#announced.get(model)?.size ?? 0);
    // Where most entries are versions, reading all of them is less than a search for each.
    if (unknown * Math.log2(number) > number) {
      for await (const { version } of this.#pages(model, 1, number)) if (version) yield version;
      return;
    }
    for (let each = 1; each <= state.latest; each++) {
      const version = (await this.#announcement(model, each))?.version;
      if (version) yield version;
    }
  }

  async *records(model: string): AsyncIterable<StoredRecord> {
    for await (const { entry, version } of this.#pages(model, 1, Number.MAX_SAFE_INTEGER)) {
      if (version === undefined) continue;
      const { version: stored } = JSON.parse(await readFile(this.#file(model, entry.number), 'utf8')) as {
        version: unknown;
      };
      yield { version: version.version, stored };
    }
  }

  async models(): Promise<string[]> {
    const names = (await namesIn(this.root)).filter((name) => ModelName.safeParse(name).success);
    // A process killed before its first entry leaves an empty folder, and a copy of a folder holds another's entries.
    const used = await Promise.all(
      names.map((name) =>
        this.#latestPage(name).then(
          (page) => page !== undefined,
          // One that cannot be read is there; whoever asks for it is told why.
          () => true,
        ),
      ),
    );
    return names.filter((_, i) => used[i]).sort();
  }

  async strays(model: string): Promise<Stray[]> {
    if (!ModelName.safeParse(model).success) return [];
    const found: Stray[] = [];
    for (const name of (await namesIn(path.join(this.root, model))).sort()) {
      const entry = numberOf(name);
      if (entry === undefined) {
        if (!NOTE.test(name)) found.push({ name, what: 'no entry' });
        continue;
      }
      const what = await this.#strayness(model, entry);
      if (what !== undefined) found.push({ name, what: `no entry ${entry}: ${what}`, entry });
    }
    return found;
  }

  /** Why what has the name of an entry is none; undefined for an entry. */
  async #strayness(model: string, number: number): Promise<string | undefined> {
    const page = await this.#held(model, number);
    if (typeof page === 'string') return page;
    const { entry } = page;
    if (entry.model === model && entry.number === number) return undefined;
    return `it holds entry ${entry.number} of ${entry.model}`;
  }

  /**
   * Gives the name of an entry free that something else has, such as a copy that a person made. One process at a time
   * looks and moves, so that what has become an entry meanwhile is not moved.
   */
  #setAside(model: string, number: number): Promise<boolean> {
    const file = this.#file(model, number);
    return withFileLock(this.root, file, async () => {
      if ((await this.#strayness(model, number)) === undefined) return false;
      const aside = `${file}.stray-${randomBytes(4).toString('hex')}`;
      await rename(file, aside);
      process.emitWarning(`${file} was no entry, and is put aside as ${path.basename(aside)}`);
      return true;
    });
  }

  /** The last entry; what has the name of one and is none does not count. */
  async #latestPage(model: string): Promise<Page | undefined> {
    // Names come from URLs, too: only what can be a model's name may become part of a path.
    if (!ModelName.safeParse(model).success) return undefined;
    // Without the entry it names, the pointer is of another ledger: one that was restored, or cut off.
    const pointed = await this.#pointed(model, LATEST);
    if (pointed !== undefined && (await this.#exists(model, pointed))) {
      let last = pointed;
      while (await this.#exists(model, last + 1)) last++;
      for (; last >= pointed; last--) {
        const page = await this.#page(model, last);
        if (page !== undefined) return page;
      }
    }
    for (const number of (await this.#numbers(model)).reverse()) {
      const page = await this.#page(model, number);
      if (page !== undefined) return page;
    }
    return undefined;
  }

  async #pointed(model: string, what: string): Promise<number | undefined> {
    try {
      const file = path.join(this.root, model, what);
      if ((await notAFile(file)) !== undefined) return undefined;
      const text = await readFile(file, 'utf8');
      return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Notes where something is. An entry counts whether or not this comes about. */
  async #point(model: string, what: string, number: number): Promise<void> {
    const unfinished = unfinishedIn(this.root);
    try {
      await writeFile(unfinished, String(number));
      await chmod(unfinished, accessIn(path.join(this.root, model)).file);
      await rename(unfinished, path.join(this.root, model, what));
    } catch {
      await rm(unfinished, { force: true }).catch(() => undefined);
    }
  }

  /** The page that announced a version. */
  async #announcement(model: string, version: number): Promise<Page | undefined> {
    if (!ModelName.safeParse(model).success || !Number.isSafeInteger(version) || version < 1) return undefined;
    const known = this.#announced.get(model) ?? new Map<number, number>();
    this.#announced.set(model, known);
    const page =
      (await this.#announcedBy(model, version, known.get(version))) ??
      (await this.#announcedBy(model, version, await this.#pointed(model, announcementOf(version)))) ??
      (await this.#findAnnouncement(model, version));
    if (page !== undefined) known.set(version, page.entry.number);
    return page;
  }

  async #announcedBy(model: string, version: number, number: number | undefined): Promise<Page | undefined> {
    if (number === undefined || !(await this.#exists(model, number))) return undefined;
    const page = await this.#page(model, number);
    return page?.version?.version === version ? page : undefined;
  }

  /**
   * Every entry has the number of the last version in its state, so the first that has a version is searched for by
   * halves. Where that leads nowhere, a file is missing or was changed, and all are read.
   */
  async #findAnnouncement(model: string, version: number): Promise<Page | undefined> {
    const latest = await this.#latestPage(model);
    if (latest === undefined || version > latest.entry.state.latest) return undefined;
    const number = await this.#search(latest.entry, version).catch(() => undefined);
    const found = await this.#announcedBy(model, version, number);
    if (found !== undefined) return found;
    for await (const page of this.#pages(model, 1, latest.entry.number))
      if (page.version?.version === version) return page;
    return undefined;
  }

  /** Number of the first entry at which there was a version. */
  async #search({ model, number }: Entry, version: number): Promise<number> {
    // The version of an entry cannot be greater than its number.
    let [low, high] = [Math.min(version, number), number];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const file = this.#file(model, middle);
      if ((await notAWholeFile(file)) !== undefined) throw new PlatformError(`${file} is no entry`);
      const text = await readFile(file, 'utf8');
      if (Counted.parse(JSON.parse(text)).entry.state.latest < version) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Pages that are there, in order. A gap is passed over: `history --verify` tells of it. */
  async *#pages(model: string, from: number, to: number): AsyncIterable<Page> {
    for (const number of await this.#numbersFrom(model, from, to)) {
      const page = await this.#page(model, number);
      if (page !== undefined) yield page;
    }
  }

  async #numbersFrom(model: string, from: number, to: number): Promise<number[]> {
    if (from <= 1) return (await this.#numbers(model)).filter((number) => number <= to);
    const last = Math.min(to, (await this.#latestPage(model))?.entry.number ?? 0);
    const numbers: number[] = [];
    for (let number = from; number <= last; number++) if (await this.#exists(model, number)) numbers.push(number);
    return numbers;
  }

  async #exists(model: string, number: number): Promise<boolean> {
    try {
      await lstat(this.#file(model, number));
      return true;
    } catch (error) {
      // What cannot be looked at must not pass for the end of the ledger.
      if (isAbsent(error)) return false;
      throw new PlatformError(`entry ${number} of ${model} cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  #file(model: string, number: number): string {
    return path.join(this.root, model, entryFileOf(number));
  }

  /** Page of an entry; undefined where what has its name is none. @throws PlatformError when it cannot be read */
  async #page(model: string, number: number): Promise<Page | undefined> {
    const page = await this.#held(model, number);
    return typeof page !== 'string' && page.entry.number === number && page.entry.model === model ? page : undefined;
  }

  /** What has the name of an entry, or why it is no file. @throws PlatformError when it cannot be read */
  async #held(model: string, number: number): Promise<Page | string> {
    const file = this.#file(model, number);
    try {
      return (await notAWholeFile(file)) ?? Page.parse(parseLedgerText(await readFile(file, 'utf8')));
    } catch (error) {
      throw new PlatformError(`entry ${number} of ${model} cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async #numbers(model: string): Promise<number[]> {
    // Names come from URLs, too: only what can be a model's name may become part of a path.
    if (!ModelName.safeParse(model).success) return [];
    return (await namesIn(path.join(this.root, model))).flatMap((name) => numberOf(name) ?? []).sort((a, b) => a - b);
  }
}

/** What a folder holds. A folder that cannot be read must not pass for an empty one: it would look like no release. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw new PlatformError(`${folder} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
