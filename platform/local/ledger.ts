import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { ModelName } from '../../core/model/names.ts';
import type { StoredRecord } from '../../core/registry/chain.ts';
import { ReleaseConflictError } from '../../core/registry/errors.ts';
import { Entry } from '../../core/registry/ledger.ts';
import { ModelVersion } from '../../core/registry/version.ts';
import { PlatformError } from '../errors.ts';
import type { Ledger } from '../ports.ts';
import { isAbsent, writeAtomically } from './atomic.ts';

/** One file an entry. The version record that an entry announces is in the same file: one atomic write for both. */
const Page = z.strictObject({ entry: Entry, version: ModelVersion.optional() });
type Page = z.infer<typeof Page>;

const NAME = /^(\d{9})\.json$/;
const nameOf = (number: number): string => `${String(number).padStart(9, '0')}.json`;

/** The ledger as files `<model>/000000001.json`; the file system lets each number be written once. */
export class FileLedger implements Ledger {
  /** Model -> version -> number of the entry that announced it, as far as the entries have been read. */
  readonly #announced = new Map<string, { upTo: number; versions: Map<number, number> }>();

  constructor(readonly root: string) {}

  async latest(model: string): Promise<Entry | undefined> {
    const last = (await this.#numbers(model)).at(-1);
    return last === undefined ? undefined : (await this.#page(model, last)).entry;
  }

  async *entries(model: string, { from = 1, to = Number.MAX_SAFE_INTEGER } = {}): AsyncIterable<Entry> {
    for (const number of await this.#numbers(model))
      if (number >= from && number <= to) yield (await this.#page(model, number)).entry;
  }

  async append(entry: Entry, version?: ModelVersion): Promise<void> {
    const { model, number } = entry;
    const page = JSON.stringify(Page.parse({ entry, version }), null, 1);
    const file = this.#file(model, number);
    if (await writeAtomically(this.root, file, (unfinished) => writeFile(unfinished, page), { ifAbsent: true })) return;
    const found = (await this.#numbers(model)).at(-1) ?? 0;
    throw new ReleaseConflictError(model, number - 1, found);
  }

  async version(model: string, version: number): Promise<ModelVersion | undefined> {
    const number = (await this.#versionsOf(model)).get(version);
    return number === undefined ? undefined : (await this.#page(model, number)).version;
  }

  async *versions(model: string): AsyncIterable<ModelVersion> {
    for (const number of (await this.#versionsOf(model)).values()) {
      const { version } = await this.#page(model, number);
      if (version) yield version;
    }
  }

  async *records(model: string): AsyncIterable<StoredRecord> {
    for (const [version, number] of await this.#versionsOf(model)) {
      const { version: stored } = JSON.parse(await readFile(this.#file(model, number), 'utf8')) as { version: unknown };
      yield { version, stored };
    }
  }

  async models(): Promise<string[]> {
    const names = (await namesIn(this.root)).filter((name) => ModelName.safeParse(name).success);
    // A process killed before its first entry leaves an empty folder.
    const used = await Promise.all(names.map(async (name) => (await this.#numbers(name)).length > 0));
    return names.filter((_, i) => used[i]).sort();
  }

  /** Reads the entries that have come since the last time; those before never change. */
  async #versionsOf(model: string): Promise<Map<number, number>> {
    const numbers = await this.#numbers(model);
    let known = this.#announced.get(model);
    // Fewer than known: somebody deleted the folder and began anew.
    if (known === undefined || known.upTo > (numbers.at(-1) ?? 0)) known = { upTo: 0, versions: new Map() };
    this.#announced.set(model, known);
    for (const number of numbers) {
      if (number <= known.upTo) continue;
      const { version } = await this.#page(model, number);
      if (version) known.versions.set(version.version, number);
      known.upTo = number;
    }
    return known.versions;
  }

  #file(model: string, number: number): string {
    return path.join(this.root, model, nameOf(number));
  }

  async #page(model: string, number: number): Promise<Page> {
    try {
      return Page.parse(JSON.parse(await readFile(this.#file(model, number), 'utf8')));
    } catch (error) {
      throw new PlatformError(`entry ${number} of ${model} cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async #numbers(model: string): Promise<number[]> {
    // Names come from URLs, too: only what can be a model's name may become part of a path.
    if (!ModelName.safeParse(model).success) return [];
    return (await namesIn(path.join(this.root, model)))
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
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
