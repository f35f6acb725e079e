import * as z from 'zod';
import type { Home } from '../../platform/ports.ts';
import { readJson } from '../validation/dataset-version.ts';
import type { ErasureCount } from './rewrite-objects.ts';

export const KINDS = ['drops', 'datasets', 'quarantine', 'truths', 'captures'] as const;
export type Kind = (typeof KINDS)[number];

const Count = z.int().min(0);

/** What was erased, by model or dataset and by kind; kinds of which nothing was are absent. */
export const Erased = z.record(
  z.string(),
  z.partialRecord(
    z.enum(KINDS),
    z.strictObject({
      objects: Count.describe('Objects that held some of it, replaced and deleted writes included.'),
      rows: Count.describe('Rows of what was current.'),
    }),
  ),
);
export type Erased = z.infer<typeof Erased>;

/** Adds to what was erased. */
export function addTally(erased: Erased, owner: string, kind: Kind, { objects, rows }: ErasureCount): void {
  const known = erased[owner]?.[kind] ?? { objects: 0, rows: 0 };
  erased[owner] = { ...erased[owner], [kind]: { objects: known.objects + objects, rows: known.rows + rows } };
}

const Kept = z.strictObject({
  request: z.string(),
  at: z.string(),
  by: z.string(),
  finished: z.boolean(),
  erased: Erased,
});

/** The identifier of a request that can be a key. */
export const RequestId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a request id is 1 to 64 of A-Z a-z 0-9 . _ -');

/**
 * The record of one request to forget, `erasures/<request>.json`: how much is erased so far, and never about whom. A
 * request that was interrupted goes on with its counts when it is made again under its id.
 */
export class Journal {
  private constructor(
    private readonly home: Home,
    private readonly kept: z.infer<typeof Kept>,
  ) {}

  static async open(home: Home, request: string, at: string, by: string): Promise<Journal> {
    const key = `erasures/${request}.json`;
    const known = (await home.data.head(key)) ? Kept.parse(await readJson(home, key)) : undefined;
    return new Journal(home, known ?? { request, at, by, finished: false, erased: {} });
  }

  get erased(): Erased {
    return this.kept.erased;
  }

  async count(owner: string, kind: Kind, tally: ErasureCount): Promise<void> {
    addTally(this.kept.erased, owner, kind, tally);
    await this.#write();
  }

  /** @param whole whether everything could be looked through */
  async close(whole: boolean): Promise<void> {
    this.kept.finished = whole;
    await this.#write();
  }

  async #write(): Promise<void> {
    await this.home.data.put(`erasures/${this.kept.request}.json`, JSON.stringify(this.kept, null, 2));
  }
}
