import type { Home, ObjectInfo } from '../platform/ports.ts';
import { type Interval, startInterval } from '../server/lib/interval.ts';
import { deliver } from './deliver-event.ts';
import { DropPoller } from './drop-poller.ts';

export interface WatchDropsOptions {
  /** Prefix of the keys to be polled. */
  readonly prefix: string;
  /** Called for each new object. */
  readonly function: { readonly name: string; readonly run: (object: ObjectInfo) => Promise<unknown> };
  /** Seconds between two polls. */
  readonly seconds: number;
  /** Prints a line for operators. */
  readonly log: (line: string) => void;
}

/** Polls a prefix of the data store and calls a function with each new object, as S3's events and a queue would. */
export function watchDrops(home: Home, { prefix, function: fn, seconds, log }: WatchDropsOptions): Interval {
  const poller = new DropPoller(home.data, prefix);
  return startInterval(
    seconds,
    async () => {
      for (const object of await poller.poll()) {
        const id = object.key.replaceAll('/', '_');
        await deliver({ store: home.data, function: fn, id, event: object });
      }
    },
    (error) => log(`${fn.name}: ${error instanceof Error ? error.message : error}`),
  );
}
