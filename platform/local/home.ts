import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Clock, Home } from '../ports.ts';
import { sweep } from './atomic.ts';
import { LocalBus } from './bus.ts';
import { FileLedger } from './ledger.ts';
import { LocalMetrics } from './metrics.ts';
import { FileObjectStore } from './object-store.ts';

export interface LocalHome extends Home {
  readonly kind: 'local';
  /** Everything is below this folder, and deleting it deletes everything. */
  readonly folder: string;
  readonly bus: LocalBus;
}

const systemClock: Clock = { now: () => new Date() };

/**
 * The home that needs nothing but a folder: `ledger/`, `artifacts/`, `data/`, `captures/`, `metrics.jsonl`,
 * `events.jsonl`. Several processes may use one folder at once.
 */
export async function openLocalHome(folder: string, clock: Clock = systemClock): Promise<LocalHome> {
  const root = path.resolve(folder);
  await mkdir(root, { recursive: true });
  await sweep(root, clock.now().getTime());
  const metrics = new LocalMetrics(path.join(root, 'metrics.jsonl'), clock);
  return {
    kind: 'local',
    folder: root,
    description: root,
    ledger: new FileLedger(path.join(root, 'ledger')),
    artifacts: new FileObjectStore(path.join(root, 'artifacts')),
    data: new FileObjectStore(path.join(root, 'data')),
    captures: new FileObjectStore(path.join(root, 'captures')),
    metrics,
    bus: new LocalBus(path.join(root, 'events.jsonl'), clock),
    clock,
    close: async () => metrics.flush(),
  };
}
