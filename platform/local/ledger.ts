import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { ReleaseConflictError } from '../../core/registry/errors.ts';
import { Entry } from '../../core/registry/ledger.ts';
import { ModelVersion } from '../../core/registry/version.ts';
import { PlatformError } from '../errors.ts';
import type { Ledger } from '../ports.ts';
import { place } from './atomic.ts';

/** One file an entry. The version record that an entry announces is in the same file: one atomic write for both. */
const Page = z.strictObject({ entry: Entry, version: ModelVersion.optional() });

const DIGITS = 9;
const NAME = /^(\d{9})\.json$/;

/** The ledger as files `<model>/000000001.json`; the file system lets each number be written once. */
export class FileLedger implements Ledger {
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
    const found = (await this.#numbers(entry.model)).at(-1) ?? 0;
    if (found !== entry.number - 1) throw new ReleaseConflictError(entry.model, entry.number - 1, found);
    const page = JSON.stringify(Page.parse({ entry, version }), null, 1);
    const file = path.join(this.root, entry.model, `${String(entry.number).padStart(DIGITS, '0')}.json`);
    const won = await place(file, (unfinished) => writeFile(unfinished, page), true);
    if (!won) throw new ReleaseConflictError(entry.model, entry.number - 1, entry.number);
  }

  async version(model: string, version: number): Promise<ModelVersion | undefined> {
    for await (const record of this.versions(model)) if (record.version === version) return record;
    return undefined;
  }

  async *versions(model: string): AsyncIterable<ModelVersion> {
    for (const number of await this.#numbers(model)) {
      const { version } = await this.#page(model, number);
      if (version) yield version;
    }
  }

  async models(): Promise<string[]> {
    const folders = await readdir(this.root, { withFileTypes: true }).catch(() => []);
    const names = folders.filter((f) => f.isDirectory()).map((f) => f.name);
    const used = await Promise.all(names.map(async (name) => (await this.#numbers(name)).length > 0));
    return names.filter((_, i) => used[i]).sort();
  }

  /** Pages never change, so each is parsed once. */
  readonly #pages = new Map<string, z.infer<typeof Page>>();

  async #page(model: string, number: number): Promise<z.infer<typeof Page>> {
    const file = path.join(this.root, model, `${String(number).padStart(DIGITS, '0')}.json`);
    const known = this.#pages.get(file);
    if (known) return known;
    try {
      const page = Page.parse(JSON.parse(await readFile(file, 'utf8')));
      this.#pages.set(file, page);
      return page;
    } catch (error) {
      throw new PlatformError(`entry ${number} of ${model} cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async #numbers(model: string): Promise<number[]> {
    const names = await readdir(path.join(this.root, model)).catch(() => []);
    return names
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }
}
