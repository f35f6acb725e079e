import * as z from 'zod';
import { MetricFinding } from '../../core/judge/comparison.ts';
import { totalOf } from '../../core/judge/counts.ts';
import { type JudgeRules, operationMargin } from '../../core/judge/rules.ts';
import type { JudgedRange } from '../../core/registry/former.ts';
import type { Entry, Judged } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';
import type { Versions } from './metric-strata.ts';
import { FAILURES, type GatheredComparison, operationComparisons, SLOWER_THAN } from './operation-evidence.ts';
import { onsetComparisons, takeoverOf } from './release-onset.ts';
import { type Stretch, stretchesOf } from './release-stretches.ts';
import { truthComparisons } from './truth-evidence.ts';

type EvidenceHome = Pick<Home, 'ledger' | 'metrics' | 'data'>;

/**
 * What is known of a challenger beside the champion since its release began; and where it was taken back before, of its
 * former releases.
 */
export async function challengerEvidence(
  home: EvidenceHome,
  versions: Versions,
  judged: Judged,
  now: Date,
): Promise<GatheredComparison[]> {
  const stretches = stretchesOf(await entriesOf(home, versions.model, judged.entry), versions, now);
  const [own, former] = await Promise.all([
    compareBeside(home, versions, stretches, judged.rules),
    formerEvidence(home, versions, judged, now),
  ]);
  return merged([...own, ...former]);
}

/**
 * What is known of the former releases of a version that were taken back, of each beside the version that it is held
 * against now: as a challenger of that one, or as its successor.
 */
export async function formerEvidence(
  home: EvidenceHome,
  versions: Versions,
  { rules, former = [] }: Judged,
  now: Date,
): Promise<GatheredComparison[]> {
  const found = await Promise.all(former.map((range) => rangeEvidence(home, versions, { rules, range, now })));
  // It can take the version back, and what was measured then holds up no step now.
  return found.flat().map(({ comparison }) => ({ comparison: { ...comparison, holdsStep: false }, current: [] }));
}

async function rangeEvidence(
  home: EvidenceHome,
  versions: Versions,
  { rules, range: { from, to }, now }: { readonly rules: JudgeRules; readonly range: JudgedRange; readonly now: Date },
): Promise<GatheredComparison[]> {
  const { model, challenger, champion } = versions;
  const entries = await entriesOf(home, model, Math.max(1, from - 1), to);
  const [started, ended] = [entries.find(({ number }) => number === from), entries.at(-1)];
  if (started === undefined || ended === undefined) return [];
  const takeover = takeoverOf(started, entries[0]);
  if (takeover?.champion === challenger && takeover.predecessor === champion)
    // As it was known when the version was taken back.
    return recalled(await onsetComparisons(home, takeover, rules, new Date(ended.at)), ended, { rules, challenger });
  const stretches = stretchesOf(entries.slice(entries.indexOf(started)), versions, now);
  if (stretches.length === 0) return [];
  const share = Math.max(...stretches.map((each) => each.share));
  return recalled(await compareBeside(home, versions, stretches, rules), ended, { rules, challenger, share });
}

/** What the judge wrote of a rate when it took a version back, as far as it is needed here. */
const Recalled = z.looseObject({
  version: z.number(),
  findings: z.array(
    z.looseObject(MetricFinding.pick({ metric: true, segment: true, suspect: true, reference: true }).shape),
  ),
});

/**
 * Rates of answers by what the ledger says of them, where metrics say less: those are kept for a while, and the finer the
 * younger they are.
 */
function recalled(
  gathered: readonly GatheredComparison[],
  { evidence }: Entry,
  { rules, challenger, share }: { readonly rules: JudgeRules; readonly challenger: number; readonly share?: number },
): GatheredComparison[] {
  const parsed = Recalled.safeParse(evidence);
  if (!parsed.success || parsed.data.version !== challenger) return [...gathered];
  const truths = gathered.filter(({ comparison }) => comparison.kind === 'truth');
  const kept = new Map(gathered.filter((each) => !truths.includes(each)).map((each) => [each.comparison.metric, each]));
  for (const { metric, segment, suspect, reference } of parsed.data.findings) {
    const isFailure = metric === FAILURES;
    if (segment !== null || !(isFailure || metric.startsWith(SLOWER_THAN))) continue;
    const known = kept.get(metric);
    if (known !== undefined && totalOf(known.comparison.strata).suspect.n >= suspect.n) continue;
    const strata = [{ share, suspect, reference }];
    const kind = isFailure ? ('failure' as const) : ('slow' as const);
    const comparison = { metric, kind, margin: operationMargin(rules), holdsStep: false, strata };
    kept.set(metric, { comparison, current: [] });
  }
  return [...kept.values(), ...truths];
}

/** Comparisons of the same rate as one, over the strata of all of them. */
export function merged(gathered: readonly GatheredComparison[]): GatheredComparison[] {
  const byRate = new Map<string, GatheredComparison>();
  for (const each of gathered) {
    const { metric, segment, className, ratio, strata } = each.comparison;
    const key = JSON.stringify([metric, segment, className, ratio]);
    const known = byRate.get(key);
    byRate.set(
      key,
      known === undefined
        ? each
        : {
            comparison: { ...known.comparison, strata: [...known.comparison.strata, ...strata] },
            current: [...known.current, ...each.current],
          },
    );
  }
  return [...byRate.values()];
}

const compareBeside = async (
  home: EvidenceHome,
  versions: Versions,
  stretches: readonly Stretch[],
  rules: JudgeRules,
): Promise<GatheredComparison[]> =>
  (
    await Promise.all([
      operationComparisons(home, versions, stretches, rules),
      truthComparisons(home, versions, stretches, rules),
    ])
  ).flat();

/** @param to inclusive @default all */
export async function entriesOf(
  { ledger }: Pick<Home, 'ledger'>,
  model: string,
  from: number,
  to?: number,
): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of ledger.entries(model, { from, ...(to === undefined ? {} : { to }) })) entries.push(entry);
  return entries;
}
