import type { Exposition } from '../../core/observability/exposition.ts';
import type { PooledModel } from './pooled-model.ts';

/** Metrics of what versions have cost workers, and of the pauses that this has led to. */
export function budgetMetrics(to: Exposition, models: Iterable<PooledModel>, now: number): void {
  const all = [...models].map((model) => ({
    model,
    labels: { model: model.source.name, version: model.source.version },
  }));
  to.family('trimtab_worker_seconds_total', 'counter', 'Time of workers that loads and runs of a version took.');
  for (const { model, labels } of all) to.sample(labels, model.workerMs / 1_000);
  to.family('trimtab_runs_ended_total', 'counter', 'Runs and loads that were ended, or ended their worker.');
  for (const { model, labels } of all)
    for (const [reason, count] of Object.entries(model.ended)) to.sample({ ...labels, reason }, count);
  to.family(
    'trimtab_pause_seconds',
    'gauge',
    'How long runs of a version are still refused because others were ended.',
  );
  for (const { model, labels } of all) {
    const { pause } = model.breaker;
    to.sample(labels, pause === undefined ? 0 : Math.max(0, pause.until - now) / 1_000);
  }
}
