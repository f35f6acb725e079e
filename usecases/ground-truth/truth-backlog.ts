import type { Home } from '../../platform/ports.ts';
import { RejectedTruthKind, rejectedTruths } from '../quality/rejected-truths.ts';
import { waitingOf } from './feedback-batches.ts';
import { INCOMING } from './incoming-batches.ts';
import { rejectedPrefix } from './rejected-records.ts';
import type { TruthBacklog } from './truth-backlog-view.ts';

/** Days that are looked back for truths that were put aside. */
const DAYS = 7;

/** What of a model's truths is not joined with predictions, and why. */
export async function describeTruthBacklog(home: Pick<Home, 'data'>, model: string, now: Date): Promise<TruthBacklog> {
  const from = new Date(now.getTime() - DAYS * 24 * 3_600_000);
  const [arrived, waiting, rejected] = await Promise.all([
    arrivedOf(home, model),
    waitingOf(home, model),
    rejectedTruths(home, model, from),
  ]);
  return {
    arrived,
    waiting,
    rejected: RejectedTruthKind.options.flatMap((kind) => {
      const found = rejected[kind];
      return found === undefined ? [] : [{ kind, ...found }];
    }),
    days: DAYS,
    kept: rejectedPrefix(model),
  };
}

async function arrivedOf({ data }: Pick<Home, 'data'>, model: string): Promise<TruthBacklog['arrived']> {
  let files = 0;
  let since: Date | undefined;
  for await (const { modifiedAt } of data.list(`${INCOMING}${model}/`)) {
    files++;
    if (since === undefined || modifiedAt < since) since = modifiedAt;
  }
  return { files, since: since?.toISOString() ?? null };
}
