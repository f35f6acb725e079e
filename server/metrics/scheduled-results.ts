import path from 'node:path';
import { Exposition } from '../../core/observability/exposition.ts';
import { LocalMetrics } from '../../platform/local/metrics.ts';
import type { Home } from '../../platform/ports.ts';
import { SCHEDULED_RESULT_METRICS, watchedGauges } from './metrics-page.ts';

/**
 * What the scheduled functions of a local home last found, in Prometheus' text format. It is read in the process that
 * watches over the others: the file may be long, and reading it holds up whoever does.
 */
export function scheduledResultMetrics({ ledger, clock }: Home, folder: string): () => Promise<string> {
  const metrics = new LocalMetrics(path.join(folder, 'metrics.jsonl'), undefined, SCHEDULED_RESULT_METRICS);
  const collect = watchedGauges({ metrics, clock }, () => ledger.models());
  return async () => {
    const to = new Exposition();
    await collect(to);
    return to.toString();
  };
}
