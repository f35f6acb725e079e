import * as z from 'zod';
import type { Bounds, Expectation, QuantityBounds } from './expectation.ts';
import { RefusedEvent, type Run } from './run.ts';

/** What is counted or timed in every run. */
const QUANTITIES = [
  'actedAfterSeconds',
  'falseActionAfterSeconds',
  'promotedAfterSeconds',
  'failedAnswersOfSuspect',
  'wrongAnswersOfSuspect',
  'answersOfSuspect',
  'servedAfterTakenBack',
  'falseActions',
  'entries',
  'held',
  'retraining',
  'withheld',
  'driftWindows',
  'pages',
] as const;
export type QuantityName = (typeof QUANTITIES)[number];

const Value = z.number().nullable();

/** A quantity over the seeds; null is what never happened. */
const QuantitySummary = z.strictObject({
  median: Value.describe('Of the middle seed'),
  p90: Value.describe('Of the seed that nine of ten are not above'),
  max: Value.describe('Of the seed that has most'),
});
export type QuantitySummary = z.infer<typeof QuantitySummary>;

const Counts = z.record(z.string(), z.int().min(1));

const RefusedEvents = RefusedEvent.omit({ t: true }).extend({
  seeds: z.int().min(1).describe('In how many seeds'),
});
export type RefusedEvents = z.infer<typeof RefusedEvents>;

/** How a scenario came out over its seeds. */
export const Summary = z.strictObject({
  seeds: z.int().min(1).describe('How often it was played'),
  acted: z.int().min(0).describe('Seeds in which the suspect was taken back'),
  promoted: z.int().min(0).describe('Seeds in which a canary was promoted'),
  actedFalsely: z.int().min(0).describe('Seeds in which a version was taken back that was no suspect'),
  outcomes: Counts.describe('How many seeds ended so'),
  causes: Counts.describe('What took a version back, in how many seeds'),
  refused: z.array(RefusedEvents).describe('Events that were refused, and so changed nothing'),
  quantities: z
    .record(z.enum(QUANTITIES), QuantitySummary)
    .describe('What was counted or timed, over the seeds; null is what never happened'),
  reason: z.string().describe('The reason that mattered, of the first seed'),
});
export type Summary = z.infer<typeof Summary>;

/** Puts the runs of a scenario together. */
export function summariseRuns(runs: readonly Run[]): Summary {
  const quantities = QUANTITIES.map((name) => {
    const values = valuesOf(runs, name);
    return [
      name,
      { median: finite(quantile(values, 0.5)), p90: finite(quantile(values, 0.9)), max: finite(values.at(-1)!) },
    ];
  });
  return {
    seeds: runs.length,
    acted: runs.filter(({ acted }) => acted).length,
    promoted: runs.filter(({ promoted }) => promoted).length,
    actedFalsely: runs.filter(({ falseActions }) => falseActions > 0).length,
    outcomes: counted(runs.map(({ outcome }) => outcome)),
    causes: counted(runs.flatMap(({ cause }) => cause ?? [])),
    refused: refusedIn(runs),
    quantities: Object.fromEntries(quantities) as Record<QuantityName, QuantitySummary>,
    reason: runs[0]!.reason,
  };
}

/** What was refused for the same reason is told once. */
function refusedIn(runs: readonly Run[]): RefusedEvents[] {
  const all = new Map<string, Omit<RefusedEvents, 'seeds'> & { readonly seeds: Set<number> }>();
  for (const { seed, refused } of runs)
    for (const { t: _, ...event } of refused) {
      const key = JSON.stringify([event.do, event.version, event.reason]);
      if (!all.has(key)) all.set(key, { ...event, seeds: new Set() });
      all.get(key)!.seeds.add(seed);
    }
  return [...all.values()].map(({ seeds, ...event }) => ({ ...event, seeds: seeds.size }));
}

/** What of an expectation was not met, in words; empty when all was. */
export function unmet(expectation: Expectation, runs: readonly Run[]): string[] {
  const { acted, promoted, reason, cause, ...quantities } = expectation;
  const share = (of: 'acted' | 'promoted'): number => runs.filter((run) => run[of]).length / runs.length;
  const faults = [...outside('acted', share('acted'), acted), ...outside('promoted', share('promoted'), promoted)];
  for (const [name, range] of Object.entries(quantities) as [QuantityName, QuantityBounds | undefined][]) {
    const values = valuesOf(runs, name);
    faults.push(
      ...outside(`${name}, median`, quantile(values, 0.5), range?.median),
      ...outside(`${name}, p90`, quantile(values, 0.9), range?.p90),
      ...outside(`${name}, smallest`, values[0]!, range?.each),
      ...outside(`${name}, largest`, values.at(-1)!, range?.each),
    );
  }
  const another = cause === undefined ? undefined : runs.find((run) => run.cause !== null && run.cause !== cause);
  if (another) faults.push(`cause: ${cause} is expected, seed ${another.seed} has ${another.cause}`);
  const other = reason === undefined ? undefined : runs.find((run) => !run.reason.includes(reason));
  if (other) faults.push(`reason: '${reason}' is expected, seed ${other.seed} has '${other.reason}'`);
  return faults;
}

function outside(name: string, value: number, range: Bounds | undefined): string[] {
  if (range === undefined) return [];
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = range;
  if (value >= min && value <= max) return [];
  const bounds = [
    ...(range.min === undefined ? [] : [`at least ${range.min}`]),
    ...(range.max === undefined ? [] : [`at most ${range.max}`]),
  ];
  return [
    `${name}: ${bounds.join(' and ')} is expected, received ${value === Number.POSITIVE_INFINITY ? 'never' : value}`,
  ];
}

/** Ascending; what never happened is infinitely late. */
const valuesOf = (runs: readonly Run[], name: QuantityName): number[] =>
  runs.map((run) => run[name] ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);

/** The value that this share of the values is not above. */
const quantile = (ascending: readonly number[], share: number): number =>
  ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)]!;

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
