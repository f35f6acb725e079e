import { objectLetterId } from '../platform/dead-letters.ts';
import type { LocalHome } from '../platform/local/home.ts';
import type { ObjectInfo } from '../platform/ports.ts';
import { type Interval, startInterval } from '../server/lib/interval.ts';
import { deliver } from './deliver-event.ts';
import type { DropLog } from './drop-log.ts';
import { DropPoller } from './drop-poller.ts';

export interface WatchDropsOptions {
  /** Prefix of the keys to be polled. */
  readonly prefix: string;
  /** Called for each new object. */
  readonly function: { readonly name: string; readonly run: (object: ObjectInfo) => Promise<unknown> };
  /** Seconds between two polls. */
  readonly seconds: number;
  /** Seconds for which a file that is written in place must not change. */
  readonly quietSeconds: number;
  /** What was processed before. */
  readonly processed: DropLog;
  /** Wait before the second try of a file, in milliseconds, doubled before each further one. @default 2000 */
  readonly backoffMs?: number;
  /** Pause before a file comes again of which not even a dead letter could be kept; milliseconds. @default 15000 */
  readonly pauseMs?: number;
  /** Prints a line for operators. */
  readonly log: (line: string) => void;
}

/** Calls in all before a file becomes a dead letter: as many as the queue makes on AWS. */
const ATTEMPTS = 3;
/** What hinders a file may pass: a full disk, memory that another process has. */
const BACKOFF_MS = 2_000;
/** Pause before a file is tried again of which nothing could be kept, not even that it failed. */
const FULL_DISK_MS = 15_000;

/** Polls a prefix of the data store and calls a function with each new object, as S3's events and a queue would. */
export function watchDrops(home: LocalHome, options: WatchDropsOptions): Interval {
  const {
    prefix,
    function: fn,
    seconds,
    quietSeconds,
    processed,
    backoffMs = BACKOFF_MS,
    pauseMs = FULL_DISK_MS,
    log,
  } = options;
  const poller = new DropPoller(home.data, {
    prefix,
    quietSeconds,
    known: processed.known,
    writersOf: (keys) => home.data.writersOf(keys),
    waits: (key, why) => log(`${fn.name}: ${key} waits: ${why}`),
  });
  return startInterval(
    seconds,
    async () => {
      for (const object of await poller.poll())
        try {
          await sayIfCut(home, object, (why) => log(`${fn.name}: ${object.key}: ${why}`));
          await deliver({
            store: home.data,
            function: fn,
            id: objectLetterId(object.key),
            event: object,
            attempts: ATTEMPTS,
            backoffMs,
            failed: (reason, attempt) => log(`${fn.name}: ${object.key}, try ${attempt} of ${ATTEMPTS}: ${reason}`),
          });
          // Also of a dead letter: it waits for somebody who drops the file again or has it judged again.
          await processed.add(object);
          home.bookkeeping.worked('drops');
        } catch (error) {
          // Not even the letter could be kept, as on a full disk: it is found again by a later poll.
          home.bookkeeping.failed('drops', error);
          poller.forget(object, pauseMs);
          log(`${fn.name}: ${object.key} is tried again later: ${error instanceof Error ? error.message : error}`);
        }
    },
    (error) => log(`${fn.name}: ${error instanceof Error ? error.message : error}`),
  );
}

/** Formats whose end says nothing: Parquet and archives that are cut off are rejected for it. */
const TEXT = /\.(csv|tsv|jsonl|ndjson)$/i;

/**
 * Says that a file may have been cut off. One whose writer has died looks like one that is finished, and one whose last
 * line has no end may be either: many programs write none.
 */
async function sayIfCut(home: LocalHome, { key, whole }: ObjectInfo, say: (why: string) => void): Promise<void> {
  if (whole === false && TEXT.test(key) && (await home.data.endsWithinLine(key)))
    say(
      'its last line has no line end: if whoever wrote it was cut off, its last row is wrong and others are missing; ' +
        'write under another name and rename it when it is whole',
    );
}
