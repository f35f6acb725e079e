import { stat } from 'node:fs/promises';
import path from 'node:path';
import { EnvironmentName } from '../../core/model/names.ts';
import { Bookkeeping } from '../../core/observability/bookkeeping.ts';
import { PlatformError } from '../errors.ts';
import type { Clock, Home } from '../ports.ts';
import { keysOnDemand, labelsSecretFrom } from '../privacy.ts';
import { sweepTemporaryFolders } from '../temporary-folder.ts';
import { removeUnfinished } from '../unfinished.ts';
import { isAbsent } from './atomic.ts';
import { readNotes } from './bookkeeping-notes.ts';
import { LocalBus } from './bus.ts';
import { refuseFormerForm } from './former-form.ts';
import { FileLedger } from './ledger.ts';
import { LocalSeals } from './ledger-key.ts';
import { removeLeftLocks } from './lock.ts';
import { LocalMetrics } from './metrics.ts';
import { narrow } from './narrow.ts';
import { FileObjectStore } from './object-store.ts';
import { localSecret } from './privacy-key.ts';

export interface LocalHome extends Home {
  readonly kind: 'local';
  /** Everything is below this folder, and deleting it deletes everything. */
  readonly folder: string;
  readonly bus: LocalBus;
  readonly data: FileObjectStore;
}

/** Environment of a folder that TRIMTAB_ENVIRONMENT does not name: a folder is one installation. */
const DEFAULT_ENVIRONMENT = 'local';

/** Folders in which things are written elsewhere first. */
export const STORES = ['.', 'ledger', 'artifacts', 'data', 'captures', 'cache'];

const systemClock: Clock = { now: () => new Date() };

/**
 * The home that needs nothing but a folder: `ledger/`, `artifacts/`, `data/`, `captures/`, `metrics.jsonl`,
 * `events.jsonl`, `ledger.key` with the first entry, and `privacy.key` once it is needed. Several processes may use one folder at once. It is made when
 * something is first written: whoever only looks leaves nothing behind. It is its user's alone; what killed processes
 * left, in it or in temporary folders, is removed.
 *
 * @param environment name of the installation; the same for all processes that use the folder, for each reads the
 * metrics of its own environment alone
 * @throws PlatformError when it is no name of an environment, the folder is a file, or an earlier version wrote it
 */
export async function openLocalHome(
  folder: string,
  clock: Clock = systemClock,
  environment: string = process.env.TRIMTAB_ENVIRONMENT ?? DEFAULT_ENVIRONMENT,
): Promise<LocalHome> {
  const named = EnvironmentName.safeParse(environment);
  if (!named.success) throw new PlatformError(`${named.error.issues[0]!.message}, received '${environment}'`);
  const root = path.resolve(folder);
  // It need not be there: whatever is written makes its own folders.
  const found = await stat(root).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (found?.isDirectory() === false) throw new PlatformError(`${root} is a file, expected a folder`);
  const at = (name: string): string => path.join(root, name);
  if (found !== undefined) {
    await refuseFormerForm(root);
    await narrow(root);
    await Promise.all(STORES.map((store) => removeUnfinished(at(store))));
    await Promise.all(STORES.map((store) => removeLeftLocks(at(store)).catch(() => undefined)));
  }
  await sweepTemporaryFolders();
  const bookkeeping = new Bookkeeping(() => clock.now().getTime());
  const metrics = new LocalMetrics(at('metrics.jsonl'), { environment, bookkeeping });
  const ledger = new FileLedger(at('ledger'));
  return {
    kind: 'local',
    folder: root,
    description: root,
    ledger,
    seals: new LocalSeals(root, ledger, process.env),
    artifacts: new FileObjectStore(at('artifacts')),
    data: new FileObjectStore(at('data')),
    captures: new FileObjectStore(at('captures'), { reserve: true }),
    metrics,
    bus: new LocalBus(at('events.jsonl'), clock, environment),
    clock,
    bookkeeping,
    bookkeepingNotes: () => readNotes(root),
    privacy: keysOnDemand(() => localSecret(root, process.env)),
    labels: keysOnDemand(async () => labelsSecretFrom(await localSecret(root, process.env))),
    close: () => metrics.close(),
  };
}
