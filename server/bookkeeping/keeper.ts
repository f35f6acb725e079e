import type { BookkeepingRecord } from '../../core/observability/bookkeeping.ts';
import { NoteFile } from '../../platform/local/bookkeeping-notes.ts';
import type { Home } from '../../platform/ports.ts';
import { startInterval } from '../lib/interval.ts';

export interface Keeper {
  /** Notes what is known by now, and stops. */
  stop(): Promise<void>;
}

/** Seconds between two looks. */
const LOOK_SECONDS = 1;

/**
 * Tells of what a process that serves cannot write down: in its log when trouble begins and ends, in a note of a local
 * home for `status` and `doctor`, and by a metric for the alarm. Nothing here throws.
 */
export async function startKeeper(home: Home, log: (line: string) => void): Promise<Keeper> {
  const { bookkeeping } = home;
  const file = home.kind === 'local' ? await NoteFile.open(home.description) : undefined;
  const said = new Map<string, number>();
  let noted = 0;
  const look = async (): Promise<void> => {
    const line = bookkeeping.line(home.metrics.environment);
    if (line !== undefined) home.metrics.write(line);
    const { records } = bookkeeping;
    if (bookkeeping.changes === noted) return;
    noted = bookkeeping.changes;
    for (const record of records) {
      const key = `${record.what} ${record.reason}`;
      // Once when it begins, and once when it is over.
      const stage = record.until ?? -record.since;
      if (said.get(key) === stage) continue;
      said.set(key, stage);
      log(sentenceOf(record));
    }
    await file?.write(records);
  };
  const loop = startInterval(LOOK_SECONDS, look, () => undefined);
  return {
    stop: async () => {
      await loop.stop();
      await look().catch(() => undefined);
      await file?.close();
    },
  };
}

function sentenceOf({ what, reason, message, until, lost, refused }: BookkeepingRecord): string {
  const counts = `${lost} lost, ${refused} refused`;
  return until === null
    ? `${what} cannot be kept (${reason}): ${message}; requests are answered as before`
    : `${what} are kept again (${reason} is over; ${counts} since the start)`;
}
