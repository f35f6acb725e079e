import { type OutcomeTable, wrongOf } from '../../core/simulation/outcomes.ts';
import type { CountedRows, VersionTotals } from '../../core/simulation/run.ts';
import type { Scenario } from '../../core/simulation/scenario.ts';
import type { ServedTraffic } from '../../core/simulation/traffic-model.ts';

/** Totals of a version that has done nothing yet. */
export const emptyTotals = (name: string, task: Scenario['model']['task']): VersionTotals => ({
  name,
  requests: 0,
  failed: 0,
  invalid: 0,
  rows: 0,
  wrong: 0,
  segments: {},
  classes: task === 'regression' ? null : [],
});

/** Adds what a version did. */
export function tally(totals: VersionTotals, traffic: ServedTraffic): void {
  totals.requests += traffic.requests;
  totals.failed += traffic.failed;
  totals.invalid += traffic.invalid;
  totals.rows += traffic.rows;
  for (const [segment, table] of traffic.outcomes) {
    const wrong = wrongOf(table);
    totals.wrong += wrong;
    // Names are the file's, and may be those of what every object has.
    if (!Object.hasOwn(totals.segments, segment)) totals.segments[segment] = { rows: 0, wrong: 0 };
    const counts = totals.segments[segment]!;
    counts.rows += table.cells.reduce((sum, count) => sum + count, 0);
    counts.wrong += wrong;
    if (totals.classes) tallyClasses(totals.classes, table);
  }
}

function tallyClasses(classes: CountedRows[], table: OutcomeTable): void {
  for (const [i, count] of table.cells.entries()) {
    const truth = Math.floor(i / table.classes);
    classes[truth] ??= { rows: 0, wrong: 0 };
    const totals = classes[truth];
    totals.rows += count;
    if (truth !== i % table.classes) totals.wrong += count;
  }
}
