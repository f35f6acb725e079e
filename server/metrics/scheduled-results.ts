import path from 'node:path';
import { Exposition } from '../../core/observability/exposition.ts';
import { LocalMetrics } from '../../platform/local/metrics.ts';
import type { Home } from '../../platform/ports.ts';
import { SCHEDULED_RESULT_METRICS, watchedGauges } from './metrics-page.ts';

/**
 * Reads the last results of the scheduled functions of a local home, in Prometheus' text format. The supervisor calls
 * it, because the file may be long, and reading it would delay the requests of a process that answers.
 */
export function scheduledResultMetrics(
  { ledger, clock, metrics: { environment } }: Home,
  folder: string,
): () => Promise<string> {
  const metrics = new LocalMetrics(path.join(folder, 'metrics.jsonl'), {
    environment,
    only: SCHEDULED_RESULT_METRICS,
  });
  const collect = watchedGauges({ metrics, clock }, () => ledger.models());
  return async () => {
    const to = new Exposition(environment);
    await collect(to);
    return to.toString();
  };
}
