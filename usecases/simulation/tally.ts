import type { LatencyCounts } from '../../core/simulation/latencies.ts';
import { type OutcomeTable, wrongOf } from '../../core/simulation/outcomes.ts';
import type { ReplayTotals, VersionTotals } from '../../core/simulation/run.ts';
import type { Piece, ServedTraffic, TrafficModel } from '../../core/simulation/traffic-model.ts';

/** Totals of a version that has done nothing yet. */
export const emptyTotals = (name: string): VersionTotals => ({
  name,
  requests: 0,
  failed: 0,
  invalid: 0,
  rows: 0,
  wrong: 0,
  slow: 0,
  segments: {},
  classes: [],
  scores: [],
  notANumber: 0,
  missing: {},
});

/** Adds what a version did. */
export function tally(totals: VersionTotals, traffic: ServedTraffic, latencies: LatencyCounts): void {
  totals.requests += traffic.requests;
  totals.failed += traffic.failed;
  totals.invalid += traffic.invalid;
  totals.rows += traffic.rows;
  totals.slow += latencies.slow;
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

/**
 * Adds what nobody looks at request by request: scores, empty features, and what replay would show of the suspect.
 *
 * @param rows what each version has answered in the piece of time
 * @param suspect number of the version that is held against the first
 */
export function tallySlowly(
  { totals, replay }: { readonly totals: readonly VersionTotals[]; readonly replay: ReplayTotals },
  model: TrafficModel,
  piece: Piece,
  { rows, suspect }: { readonly rows: readonly number[]; readonly suspect: number | undefined },
): void {
  for (const [i, of] of totals.entries()) {
    if (rows[i] === 0) continue;
    const { bins, notANumber } = model.scores(i + 1, piece, rows[i]!);
    for (const [bin, count] of bins.entries()) of.scores[bin] = (of.scores[bin] ?? 0) + count;
    of.notANumber += notANumber;
    for (const [name, count] of Object.entries(model.missing(piece, rows[i]!)))
      of.missing[name] = (of.missing[name] ?? 0) + count;
  }
  if (suspect === undefined || suspect === 1) return;
  const pairs = model.pairs([suspect, 1], piece, rows[suspect - 1]!);
  replay.rows += pairs.rows;
  replay.bothWrong += pairs.bothWrong;
  replay.onlySuspectWrong += pairs.onlyFirstWrong;
  replay.onlyOtherWrong += pairs.onlySecondWrong;
}
