import { populationStability } from '../drift/psi.ts';
import { countsOf } from '../profile/bins.ts';
import type { ColumnProfile } from '../profile/profile.ts';
import type { ColumnSummary } from '../profile/summary.ts';
import { countText, percentText } from './text.ts';

/** What is known of a column of a file. */
export interface ReportedColumn {
  readonly name: string;
  readonly profile: ColumnProfile;
  readonly summary?: ColumnSummary | undefined;
  readonly baseline?: ColumnProfile | undefined;
  /** Rows that break a rule of it. */
  readonly violations: number;
}

/** What is odd about a column, in words, and how odd: the larger the odder; 0 when nothing is. */
export interface ColumnFindings {
  readonly score: number;
  readonly texts: readonly string[];
}

/** By convention a large shift of a population. */
const LARGE_SHIFT = 0.25;
/** A share of missing values this far from the baseline's is told. */
const MISSING_CHANGE = 0.02;

/** Says what is odd about a column of a file with so many records. */
export function columnFindings(
  { profile, summary, baseline, violations }: ReportedColumn,
  records: number,
): ColumnFindings {
  const found: [number, string][] = [];
  const missing = profile.missing / Math.max(1, profile.rows);
  if (violations > 0)
    found.push([2 + (4 * violations) / Math.max(1, records), `${countText(violations)} break a rule`]);
  if (profile.rows > 0 && missing === 1) found.push([4, 'all missing']);
  else if (baseline) {
    const before = baseline.missing / Math.max(1, baseline.rows);
    if (Math.abs(missing - before) > MISSING_CHANGE)
      found.push([
        1 + 3 * Math.abs(missing - before),
        `missing ${percentText(missing)}, baseline ${percentText(before)}`,
      ]);
  } else if (missing > MISSING_CHANGE) found.push([missing, `missing ${percentText(missing)}`]);
  const shift = shiftOf(profile, baseline);
  if (shift !== undefined && shift > LARGE_SHIFT)
    found.push([Math.min(3, 1 + shift), `far from the baseline (PSI ${shift.toFixed(2)})`]);
  const unseen = profile.kind === 'categorical' ? profile.unseen / Math.max(1, profile.rows) : 0;
  if (unseen > 0) found.push([1 + unseen, `${percentText(unseen)} not in the baseline`]);
  if (profile.rows > 1 && summary?.distinct.exact && summary.distinct.count === 1) found.push([0.5, 'one value only']);
  return {
    score: found.reduce((sum, [score]) => sum + score, 0),
    texts: found.toSorted(([a], [b]) => b - a).map(([, text]) => text),
  };
}

/** Population stability index against the baseline; undefined where the bins are others. */
export function shiftOf(profile: ColumnProfile, baseline: ColumnProfile | undefined): number | undefined {
  if (!baseline || baseline.kind !== profile.kind || baseline.rows === 0 || profile.rows === 0) return undefined;
  const [before, now] = [countsOf(baseline), countsOf(profile)];
  return before.length === now.length ? populationStability(before, now) : undefined;
}
