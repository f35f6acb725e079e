import type { PrivacyKeys } from '../../core/contract/personal.ts';
import type { Hour } from '../../core/quality/hour-tallies.ts';
import { isOutcome } from '../../core/serving/feedback-record.ts';
import type { TruthRecord } from '../../core/serving/ground-truth.ts';
import type { Home } from '../../platform/ports.ts';
import { readShards } from '../quality/joined-shards.ts';
import { openRecord } from '../quality/open-record.ts';

/** What turned out to be true of a version's predictions of one hour, by prediction id. */
export async function hourTruths(
  home: Pick<Home, 'data' | 'privacy'>,
  { model, version, hour, label }: { model: string; version: number; hour: Hour; label: string | undefined },
): Promise<Map<string, TruthRecord['truth']>> {
  const truths = new Map<string, TruthRecord['truth']>();
  let keys: PrivacyKeys | undefined;
  for (const { records } of await readShards(home, model, hour))
    for (const record of records.values()) {
      if (record.version !== version || record.metric !== undefined || record.named || record.failed) continue;
      if (record.sealed !== undefined) keys ??= await home.privacy();
      const { feedback } = openRecord(record, { model, label, keys });
      if (!isOutcome(feedback)) truths.set(record.id, feedback.truth);
    }
  return truths;
}
