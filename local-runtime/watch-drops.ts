import type { Home, ObjectInfo } from '../platform/ports.ts';
import { type Interval, startInterval } from '../server/lib/interval.ts';
import { deliver } from './deliver-event.ts';
import { DropPoller } from './drop-poller.ts';

/** Watches a prefix of the data store and hands each new object to a function, as S3 and a queue would. */
export function watchDrops(
  home: Home,
  prefix: string,
  name: string,
  run: (object: ObjectInfo) => Promise<unknown>,
  seconds: number,
  log: (line: string) => void,
): Interval {
  const watch = new DropPoller(home.data, prefix);
  return startInterval(
    seconds,
    async () => {
      for (const object of await watch.look()) {
        const id = object.key.replaceAll('/', '_');
        await deliver(home.data, { name, run }, id, object);
      }
    },
    (error) => log(`${name}: ${error instanceof Error ? error.message : error}`),
  );
}
