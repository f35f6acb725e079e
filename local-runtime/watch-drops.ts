import type { Home, ObjectInfo } from '../platform/ports.ts';
import { type Interval, startInterval } from '../server/lib/interval.ts';
import { deliver } from './deliver-event.ts';
import { DropPoller } from './drop-poller.ts';

export interface WatchDropsOptions {
  /** Prefix of the keys of the data store that is watched. */
  readonly prefix: string;
  /** Called for each new object. */
  readonly function: { readonly name: string; readonly run: (object: ObjectInfo) => Promise<unknown> };
  /** Seconds between two looks. */
  readonly seconds: number;
  /** Takes lines for people. */
  readonly log: (line: string) => void;
}

/** Watches a prefix of the data store and hands each new object to a function, as S3 and a queue would. */
export function watchDrops(home: Home, { prefix, function: fn, seconds, log }: WatchDropsOptions): Interval {
  const poller = new DropPoller(home.data, prefix);
  return startInterval(
    seconds,
    async () => {
      for (const object of await poller.look()) {
        const id = object.key.replaceAll('/', '_');
        await deliver({ store: home.data, function: fn, id, event: object });
      }
    },
    (error) => log(`${fn.name}: ${error instanceof Error ? error.message : error}`),
  );
}
