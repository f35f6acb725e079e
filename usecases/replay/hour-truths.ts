import type { LabelKeys } from '../../core/contract/personal.ts';
import type { Hour } from '../../core/quality/hour-tallies.ts';
import { isOutcome } from '../../core/serving/feedback-record.ts';
import type { TruthRecord } from '../../core/serving/ground-truth.ts';
import type { Home } from '../../platform/ports.ts';
import { readShards } from '../quality/joined-shards.ts';
import { openRecord } from '../quality/open-record.ts';

/** Truths of a version's predictions, by prediction id. */
export interface HourTruths {
  readonly truths: ReadonlyMap<string, TruthRecord['truth']>;
  /** Why sealed ones are missing; undefined where none are. */
  readonly problem: string | undefined;
}

export const NO_TRUTHS: HourTruths = { truths: new Map(), problem: undefined };

/** What turned out to be true of a version's predictions of one hour; without the keys, what is not sealed. */
export async function hourTruths(
  home: Pick<Home, 'data' | 'labels'>,
  { model, version, hour, label }: { model: string; version: number; hour: Hour; label: string | undefined },
): Promise<HourTruths> {
  const truths = new Map<string, TruthRecord['truth']>();
  let keys: LabelKeys | undefined;
  let problem: string | undefined;
  for (const { records } of await readShards(home, model, hour))
    for (const record of records.values()) {
      if (record.version !== version || record.metric !== undefined || record.named || record.failed) continue;
      if (record.sealed !== undefined) {
        if (problem !== undefined) continue;
        try {
          keys ??= await home.labels();
        } catch (error) {
          problem = `sealed truths cannot be opened: ${(error as Error).message}`;
          continue;
        }
      }
      const { feedback } = openRecord(record, { model, label, keys });
      if (!isOutcome(feedback)) truths.set(record.id, feedback.truth);
    }
  return { truths, problem };
}
