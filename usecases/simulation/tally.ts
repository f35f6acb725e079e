import { type OutcomeTable, wrongOf } from '../../core/simulation/outcomes.ts';
import type { VersionTotals } from '../../core/simulation/run.ts';
import type { ServedTraffic } from '../../core/simulation/traffic-model.ts';

/** Totals of a version that has done nothing yet. */
export const emptyTotals = (name: string): VersionTotals => ({
  name,
  requests: 0,
  failed: 0,
  invalid: 0,
  rows: 0,
  wrong: 0,
  segments: {},
  classes: [],
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
    totals.segments[segment] ??= { rows: 0, wrong: 0 };
    totals.segments[segment].rows += table.cells.reduce((sum, count) => sum + count, 0);
    totals.segments[segment].wrong += wrong;
    tallyClasses(totals, table);
  }
}

function tallyClasses({ classes }: VersionTotals, table: OutcomeTable): void {
  for (const [i, count] of table.cells.entries()) {
    const truth = Math.floor(i / table.classes);
    classes[truth] ??= { rows: 0, wrong: 0 };
    const totals = classes[truth];
    totals.rows += count;
    if (truth !== i % table.classes) totals.wrong += count;
  }
}
