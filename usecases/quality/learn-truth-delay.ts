import { durationMs } from '../../core/manifest/duration.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import { type TruthDelay, truthDelay, type UnknownDelay } from '../../core/quality/delay.ts';
import type { Home } from '../../platform/ports.ts';
import { readTallies } from './read-tallies.ts';

const HOUR_MS = 3_600_000;
const MIN_WINDOW_MS = 7 * 24 * HOUR_MS;
const MAX_WINDOW_MS = 31 * 24 * HOUR_MS;

/**
 * How long truths of a model take, learnt from the predictions of the last week, or of twice the time in which the
 * manifest expects them (a month at most).
 *
 * @returns undefined where no truth is old enough to tell
 */
export async function learnTruthDelay(
  home: Pick<Home, 'data'>,
  model: string,
  { truth }: Pick<Manifest, 'truth'>,
  now: Date,
): Promise<TruthDelay | UnknownDelay | undefined> {
  const expected = truth === undefined ? 0 : 2 * durationMs(truth.within);
  const window = Math.min(MAX_WINDOW_MS, Math.max(MIN_WINDOW_MS, expected));
  const hours = await readTallies(home, {
    model,
    from: new Date(now.getTime() - window),
    to: now,
    // It is learnt from the others; `trimtab quality` names them.
    unreadable: () => undefined,
  });
  return truthDelay(
    hours.map(({ hour, delays }) => ({
      // As old as the hour's last prediction.
      age: now.getTime() - (Date.parse(`${hour}:00:00.000Z`) + HOUR_MS),
      delays,
    })),
  );
}
