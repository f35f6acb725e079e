import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Entry } from '../../core/registry/ledger.ts';
import { type LedgerKey, type SealBook, Unsealed, unsealedBy, vouchedFor } from '../../core/registry/seal.ts';
import type { Vouching } from '../../core/registry/vouching.ts';
import { digestOf } from '../digest.ts';
import { PlatformError } from '../errors.ts';
import type { Ledger, LedgerSeals } from '../ports.ts';
import { accessIn } from '../private-files.ts';
import { isAbsent, writeAtomically } from './atomic.ts';
import { withFileLock } from './lock.ts';

/** File of a local home that holds the key of its ledger. */
const KEY_FILE = 'ledger.key';
/** Says which entries are older than the key. */
const UNSEALED_FILE = 'unsealed.json';
/** Shortest key: less can be guessed. */
const SHORTEST = 32;

/** The keys that are held in one place, the one in use first. */
type Held = readonly [LedgerKey, ...LedgerKey[]];

/**
 * Seals of a home that is a folder. The key is TRIMTAB_LEDGER_KEY, else in the file that TRIMTAB_LEDGER_KEY_FILE names,
 * else in `ledger.key` of the home, which is made when the first entry is written. Lines after the first are former keys,
 * with which older entries are still verified.
 */
export class LocalSeals implements LedgerSeals {
  #key: LedgerKey | undefined;

  constructor(
    private readonly root: string,
    private readonly ledger: Pick<Ledger, 'models' | 'latest'>,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  async key(): Promise<LedgerKey> {
    this.#key ??= await this.#find();
    return this.#key;
  }

  async book(): Promise<SealBook> {
    return { keys: (await this.#elsewhere()) ?? (await this.#own()) ?? [], unsealed: await this.#unsealed() };
  }

  vouch(entries: readonly Entry[], vouched: Vouching): Promise<Unsealed | undefined> {
    return withFileLock(this.root, path.join(this.root, 'ledger', UNSEALED_FILE), async () => {
      const unsealed = vouchedFor(entries, await this.book(), vouched, digestOf);
      if (unsealed !== undefined) await this.#keepUnsealed(unsealed);
      return unsealed;
    });
  }

  async #find(): Promise<LedgerKey> {
    const elsewhere = await this.#elsewhere();
    if (elsewhere !== undefined) {
      const [key] = elsewhere;
      // What was written without this key is not vouched for by its being here: whoever strips the seals off would be.
      if ((await this.#unsealed()) === undefined && (await this.ledger.models()).length === 0)
        await this.#keepUnsealed(unsealedBy(key, [], digestOf), { ifAbsent: true });
      return key;
    }
    return (await this.#own())?.[0] ?? this.#make();
  }

  /** One process at a time: which entries are older than the key is written first, so that no key is without it. */
  #make(): Promise<LedgerKey> {
    const file = path.join(this.root, KEY_FILE);
    return withFileLock(this.root, file, async () => {
      const made = await this.#own();
      if (made !== undefined) return made[0];
      const secret = randomBytes(32).toString('base64url');
      const key = keyOf(secret);
      // Where there are seals already, their key was lost or taken away, and what is written of it stays as it is.
      const last = await this.#last();
      if (!last.some(({ seal }) => seal !== undefined)) await this.#keepUnsealed(unsealedBy(key, last, digestOf));
      await writeAtomically(this.root, file, (unfinished) => writeFile(unfinished, `${secret}\n`, { mode: 0o600 }), {
        ifAbsent: true,
      });
      return key;
    });
  }

  async #keepUnsealed(unsealed: Unsealed, { ifAbsent = false } = {}): Promise<void> {
    const text = JSON.stringify(unsealed, null, 1);
    const folder = path.join(this.root, 'ledger');
    await writeAtomically(folder, path.join(folder, UNSEALED_FILE), (unfinished) => writeFile(unfinished, text), {
      ifAbsent,
    });
  }

  /** The last entry of each model. One that cannot be read keeps nobody from writing to another. */
  async #last(): Promise<Entry[]> {
    const models = await this.ledger.models();
    const last = await Promise.all(models.map((model) => this.ledger.latest(model).catch(() => undefined)));
    return last.filter((entry) => entry !== undefined);
  }

  async #unsealed(): Promise<SealBook['unsealed']> {
    const text = await textIn(path.join(this.root, 'ledger', UNSEALED_FILE));
    if (text === undefined) return undefined;
    try {
      return Unsealed.parse(JSON.parse(text));
    } catch {
      return null;
    }
  }

  async #elsewhere(): Promise<Held | undefined> {
    const { TRIMTAB_LEDGER_KEY: text, TRIMTAB_LEDGER_KEY_FILE: file } = this.env;
    if (text !== undefined) return heldIn(text, 'TRIMTAB_LEDGER_KEY');
    if (file === undefined) return undefined;
    const found = await readFile(file, 'utf8').catch((error: unknown) => {
      throw new PlatformError(`TRIMTAB_LEDGER_KEY_FILE cannot be read: ${(error as Error).message}`, { cause: error });
    });
    return heldIn(found, `${file}, which TRIMTAB_LEDGER_KEY_FILE names,`);
  }

  async #own(): Promise<Held | undefined> {
    const file = path.join(this.root, KEY_FILE);
    const text = await textIn(file);
    if (text === undefined) return undefined;
    const mode = (await stat(file)).mode & 0o777;
    if ((mode & ~accessIn(this.root).file) !== 0 && process.platform !== 'win32')
      throw new PlatformError(`${file} may be read by others (mode ${mode.toString(8)}): chmod 600 it`);
    return heldIn(text, file);
  }
}

async function textIn(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw new PlatformError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  });
}

/** @throws PlatformError when one is too short, or there is none */
function heldIn(text: string, from: string): Held {
  const secrets = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const [first, ...former] = secrets;
  if (first === undefined) throw new PlatformError(`${from} holds no key of the ledger`);
  for (const { length } of secrets)
    if (length < SHORTEST)
      throw new PlatformError(
        `${from} holds a key of the ledger of ${length} characters, at least ${SHORTEST} are needed`,
      );
  return [keyOf(first), ...former.map(keyOf)];
}

function keyOf(secret: string): LedgerKey {
  const mac = (text: string): string => createHmac('sha256', secret).update(text).digest('hex');
  return { id: createHash('sha256').update(`trimtab ledger key\n${secret}`).digest('hex').slice(0, 16), mac };
}
