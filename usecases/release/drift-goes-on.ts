import type { AlarmDefinition } from '../../core/alarms/alarm.ts';
import { addCounts, NO_COUNTS } from '../../core/judge/counts.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';
import { driftHasEnded } from '../drift/drift-history.ts';
import { periodCounts } from './operation-evidence.ts';

/** A day of it has to be over, so that a question does not come and go with the hours. */
const OVER_MS = 86_400_000;
/** So many truths of a day say how the day was. */
const ENOUGH = 100;
/** What is let pass above what is usual, as where drift is found. */
const MARGIN = 0.1;

/** A model that retraining was asked for, and how its alarms are. */
export interface RetrainingReview {
  readonly model: string;
  readonly now: Date;
  readonly state: Pick<ReleaseState, 'champion' | 'retraining'>;
  /** Alarms that are up. */
  readonly up: readonly AlarmDefinition[];
  /** Share of wrong decisions that is usual; undefined where that is not known. */
  readonly usualErrorRate: number | undefined;
}

/**
 * Whether what retraining was asked for goes on: until a whole day in which the champion was not more often wrong than
 * usual, and no alarm that would ask for it is up. What is not known is taken to go on. Without truth it is the drift of
 * inputs that has to be over.
 */
export async function driftGoesOn(
  home: Pick<Home, 'metrics' | 'data'>,
  { model, now, state: { champion, retraining }, up, usualErrorRate }: RetrainingReview,
): Promise<boolean> {
  if (retraining === null || champion === null) return false;
  if (now.getTime() - Date.parse(retraining) < OVER_MS) return true;
  if (up.some(({ metric }) => metric === 'PredictionError' || metric === 'Drift')) return true;
  const window = { from: new Date(now.getTime() - OVER_MS), to: now };
  const rate = { metric: 'PredictionError', bad: 'Sum' } as const;
  const counts = await periodCounts(home, { model, version: champion }, rate, window);
  const { n, bad } = [...counts.values()].reduce(addCounts, NO_COUNTS);
  if (n === 0) return !(await driftHasEnded(home, model, champion));
  return n < ENOUGH || usualErrorRate === undefined || bad / n > (1 + MARGIN) * usualErrorRate;
}
