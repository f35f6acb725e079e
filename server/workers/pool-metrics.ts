import type { Exposition } from '../../core/observability/exposition.ts';
import type { PooledModel } from './pooled-model.ts';

interface Budget {
  readonly labels: { readonly model: string; readonly version: number };
  workerMs: number;
  readonly ended: Map<string, number>;
  pauseMs: number;
}

/**
 * Metrics of what versions have cost workers, and of the pauses that this has led to. A version may be loaded more than
 * once, and in parts.
 */
export function budgetMetrics(to: Exposition, models: Iterable<PooledModel>, now: number): void {
  const budgets = new Map<string, Budget>();
  for (const model of models) add(budgets, model, now);
  const all = [...budgets.values()];
  to.family('trimtab_worker_seconds_total', 'counter', 'Time of workers that loads and runs of a version took.');
  for (const { labels, workerMs } of all) to.sample(labels, workerMs / 1_000);
  to.family('trimtab_runs_ended_total', 'counter', 'Runs and loads that were ended, or that ended their worker.');
  for (const { labels, ended } of all) for (const [reason, count] of ended) to.sample({ ...labels, reason }, count);
  to.family(
    'trimtab_pause_seconds',
    'gauge',
    'How long runs of a version are still refused because others were ended.',
  );
  for (const { labels, pauseMs } of all) to.sample(labels, pauseMs / 1_000);
}

function add(budgets: Map<string, Budget>, model: PooledModel, now: number): void {
  const { source, workerMs, ended, dropped, breaker } = model;
  const labels = { model: source.name, version: source.version };
  const key = `${labels.model} ${labels.version}`;
  const budget = budgets.get(key) ?? { labels, workerMs: 0, ended: new Map(), pauseMs: 0 };
  budgets.set(key, budget);
  budget.workerMs += workerMs;
  for (const [reason, count] of Object.entries(ended))
    budget.ended.set(reason, count + (budget.ended.get(reason) ?? 0));
  budget.pauseMs = Math.max(budget.pauseMs, dropped || breaker.pause === undefined ? 0 : breaker.pause.until - now);
}
