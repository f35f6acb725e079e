import * as z from 'zod';
import { ownValue } from '../model/own-value.ts';
import { countsOf } from '../profile/bins.ts';
import type { Baseline, Profile } from '../profile/profile.ts';
import { benjaminiHochberg } from './benjamini-hochberg.ts';
import { columnThreshold, FIXED_THRESHOLD, sampleQuantile } from './calibrate.ts';
import { chiSquaredQuantile, contingencyTest, mergeSparse } from './chi-squared.ts';
import { jensenShannon } from './jensen-shannon.ts';
import { populationStability } from './psi.ts';

export const DriftStatus = z.enum(['no_drift', 'drift', 'insufficient_data']);
export type DriftStatus = z.infer<typeof DriftStatus>;

/** How far one column moved, and whether that is a drift. */
export const ColumnDrift = z.strictObject({
  column: z.string().describe('Feature by its name, output as output:NAME.'),
  status: z
    .enum(['drift', 'no_drift', 'not_applicable'])
    .describe('not_applicable: nothing could be measured (note says why), and the measures say no drift.'),
  note: z.string().nullable().describe('Why it is not applicable, or what is special about it; null when nothing is.'),
  effect: z.number().describe('Jensen–Shannon distance, natural logarithm, missing values a bin of their own.'),
  interval: z.tuple([z.number(), z.number()]).describe('95 % interval of the effect, by resampling the window.'),
  threshold: z.number().describe('Threshold of the effect for a window of this size.'),
  psi: z.number().describe('Population stability index.'),
  p: z.number().describe('P-value of the chi-squared test of homogeneity.'),
  adjusted: z.number().describe('The p-value adjusted for all columns (Benjamini–Hochberg).'),
  missing: z
    .strictObject({
      reference: z.number().describe('In the baseline.'),
      current: z.number().describe('In the window.'),
    })
    .describe('Shares of missing values.'),
  unseen: z
    .number()
    .nullable()
    .describe('Share of values that the baseline does not have; null of numbers, which have no categories.'),
});
export type ColumnDrift = z.infer<typeof ColumnDrift>;

/** Whether a window drifted from its baseline, and how far each of its columns moved. */
export const DriftVerdict = z.strictObject({
  verdict: DriftStatus.describe('insufficient_data is neither drift nor its absence.'),
  rows: z.int().min(0).describe('Rows of the window.'),
  needed: z.int().min(0).describe('Rows that a window needs at least.'),
  columns: z
    .array(ColumnDrift)
    .describe('Drifted ones first, by effect over threshold; the prediction before features.'),
  share: z.number().describe('Share of drifted columns among those that drift could be measured of.'),
});
export type DriftVerdict = z.infer<typeof DriftVerdict>;

export interface DriftOptions {
  /** Largest adjusted p-value of a drift. @default 0.01 */
  readonly alpha?: number;
  /** Features in which no drift is looked for. @default none */
  readonly unwatched?: ReadonlySet<string>;
}

/** Fewest rows of a window, whatever its bins. */
const MIN_ROWS = 500;

/**
 * Detects drift of a window against a baseline. A column drifted when two things hold together: its effect reaches the
 * calibrated threshold, and its adjusted p-value is at most `alpha`. The effect alone would report chance in small
 * windows, the p-value alone would report differences in large ones that matter to nobody.
 *
 * A window with too few rows is `insufficient_data`, which is neither drift nor its absence.
 *
 * @param current profile of the window over the baseline's bins
 */
export function detectDrift(
  baseline: Baseline,
  current: Profile,
  { alpha = 0.01, unwatched = new Set() }: DriftOptions = {},
): DriftVerdict {
  const names = Object.keys(current.columns).filter(
    (name) => ownValue(baseline.profile.columns, name) && !unwatched.has(name),
  );
  const measured = names.map((name) => measure(name, baseline, current));
  const applicable = measured.filter(({ status }) => status !== 'not_applicable');
  const needed = Math.max(
    MIN_ROWS,
    // Of a window of fewer rows chance alone may reach the customary threshold.
    ...names.map((name) => neededRows(countsOf(baseline.profile.columns[name]!).filter((count) => count > 0).length)),
  );
  const enough = current.rows >= needed;
  const adjusted = benjaminiHochberg(applicable.map(({ p }) => p));
  const columns = measured.map((column): ColumnDrift => {
    const at = applicable.indexOf(column);
    if (at === -1) return column;
    const drifted = enough && column.effect >= column.threshold && adjusted[at]! <= alpha;
    return { ...column, adjusted: adjusted[at]!, status: drifted ? 'drift' : 'no_drift' };
  });
  const drifted = columns.filter(({ status }) => status === 'drift').length;
  return {
    verdict: verdictOf(enough, drifted),
    rows: current.rows,
    needed,
    columns: columns.toSorted((a, b) => rank(b) - rank(a)),
    share: applicable.length === 0 ? 0 : drifted / applicable.length,
  };
}

function verdictOf(enough: boolean, drifted: number): DriftStatus {
  if (!enough) return 'insufficient_data';
  return drifted > 0 ? 'drift' : 'no_drift';
}

/** n >= 2 chi-squared(B-1, .99) / tau, tau the PSI that the fixed distance stands for (PSI is about 8 JS²). */
function neededRows(bins: number): number {
  // Many categories are merged before they are tested: what counts is how many can be told apart.
  const df = Math.min(Math.max(1, bins - 1), 20);
  return Math.ceil((2 * chiSquaredQuantile(0.01, df)) / (8 * FIXED_THRESHOLD ** 2));
}

/**
 * Measures how far one column moved; whether that is a drift is for {@link detectDrift} to say, which sees them all.
 */
function measure(column: string, { profile, chunks }: Baseline, window: Profile): ColumnDrift {
  const reference = profile.columns[column]!;
  const current = window.columns[column]!;
  const [before, now] = [countsOf(reference), countsOf(current)];
  const missing = {
    reference: share(reference.missing, reference.rows),
    current: share(current.missing, current.rows),
  };
  const unseen = current.kind === 'categorical' ? share(current.unseen, current.rows) : null;
  const blank = {
    column,
    missing,
    unseen,
    interval: [0, 0] satisfies [number, number],
    effect: 0,
    threshold: 0,
    psi: 0,
    p: 1,
    adjusted: 1,
  };
  if (current.rows === 0) return { ...blank, status: 'not_applicable', note: 'no rows' };
  if (current.missing === current.rows && reference.missing < reference.rows)
    return {
      ...blank,
      status: 'not_applicable',
      note: 'all values are missing: a failure of completeness, not a drift',
    };
  const used = before.filter((count, i) => count > 0 || now[i]! > 0).length;
  if (used <= 1) return { ...blank, status: 'not_applicable', note: 'constant' };
  const { threshold, windows } = columnThreshold(chunks, column, window.rows, before);
  return {
    column,
    status: 'no_drift',
    missing,
    unseen,
    note: windows < 10 ? 'the baseline has too few stretches of this size: a fixed threshold holds' : null,
    effect: jensenShannon(before, now),
    interval: effectInterval(before, now),
    threshold,
    psi: populationStability(before, now),
    p: contingencyTest(...mergeSparse(before, now)).p,
    adjusted: 1,
  };
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** Prediction drift says more than any feature's; then what stands out most from its threshold. */
function rank(column: ColumnDrift): number {
  const excess = column.threshold === 0 ? 0 : column.effect / column.threshold;
  if (column.status === 'not_applicable') return -1;
  return (column.status === 'drift' ? 1e6 : 0) + (column.column.startsWith('output:') ? 1e3 : 0) + excess;
}

const RESAMPLES = 200;

/** 95 % percentile interval of the effect when the window is drawn again (Poisson bootstrap, normal approximation). */
function effectInterval(reference: readonly number[], current: readonly number[]): [number, number] {
  const draw = normals(current.length * 7919 + current.reduce((a, b) => a + b, 0));
  const effects = Array.from({ length: RESAMPLES }, () => {
    const again = current.map((count) => Math.max(0, count + Math.sqrt(count) * draw()));
    return again.some((count) => count > 0) ? jensenShannon(reference, again) : 0;
  });
  return [sampleQuantile(effects, 0.025), sampleQuantile(effects, 0.975)];
}

/** Standard normal numbers, the same for the same seed: mulberry32 and Box–Muller. */
function normals(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
