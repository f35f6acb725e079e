import type { Decision } from '../../core/manifest/decision.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import type { ColumnValue } from '../../core/profile/count.ts';
import type { Baseline } from '../../core/profile/profile.ts';
import { addDecision, type DecisionScale, decisionScale, emptyTally, lossOf } from '../../core/quality/decisions.ts';
import type { Uncounted, VersionTallies } from '../../core/quality/hour-tallies.ts';
import { addValue, type Moments, noMoments } from '../../core/quality/moments.ts';
import { compileSegments, type Segmenter } from '../../core/quality/segments.ts';
import type { SegmentTally } from '../../core/quality/tally.ts';
import { noUnits, type UnitTotals, unitsOf } from '../../core/quality/units.ts';
import { type FeedbackRecord, isOutcome, recordKey } from '../../core/serving/feedback-record.ts';
import { decisionTruth, type TruthRecord } from '../../core/serving/ground-truth.ts';
import type { Variant } from '../../core/serving/variant.ts';

/** A prediction and what became known of it. */
export interface JoinedRow {
  /** What was said of the prediction: its truth, or what it was worth. Its id is that of the prediction. */
  readonly feedback: FeedbackRecord;
  /** When the prediction was made, ISO 8601. */
  readonly at: string;
  readonly version: number;
  readonly variant: Variant;
  /** As its capture has it. */
  readonly score: number | null;
  /** Of several classes: one a class, where they were captured. */
  readonly probabilities?: readonly number[];
  /** Captured values of the features that segments are made of. */
  readonly features: Readonly<Record<string, ColumnValue | undefined>>;
  /**
   * What was given a version at random: the routing key or subject, or a pseudonym of it; null where there was one that
   * could not be hidden. Nobody knows which of those rows belong together, so they are one unit: what is true of larger
   * clusters than there are is true of the smaller ones too, only less exactly.
   * @default the request: rows of a batch are one unit
   */
  readonly unit?: string | null;
  /** Of the row's features and who sent them; rows of one count once. */
  readonly digest?: string;
  /** Revision of the release that chose the version. */
  readonly revision?: number;
  /** The caller named the version, so it was not given at random. */
  readonly named?: boolean;
  /** The request was not answered. */
  readonly failed?: boolean;
}

/** How rows of one version are counted; made once a version by {@link tallyRules}. */
export interface TallyRules {
  readonly decision: Decision | undefined;
  readonly outputs: Manifest['outputs'];
  /** Undefined without a decision. */
  readonly scale: DecisionScale | undefined;
  readonly segments: Segmenter;
}

export interface TallyOptions {
  /** Undefined for a version that is not known: its rows are left out. */
  readonly rulesOf: (version: number) => TallyRules | undefined;
  /** Instants at which the shares of the traffic changed, ascending; what is before the first has no stratum known. */
  readonly sharesChanged?: readonly string[];
  /**
   * Since when the shares were those of a revision; null: before any. An endpoint follows the ledger with a delay, in
   * which it still has the shares of before; by time alone that traffic would pass for the new ones'.
   */
  readonly sinceOf?: (revision: number) => string | null | undefined;
}

/** How rows of a version are counted, by its manifest and baseline. */
export const tallyRules = (
  { decision, outputs, monitoring, contract }: Pick<Manifest, 'decision' | 'outputs' | 'monitoring' | 'contract'>,
  baseline: Baseline | undefined,
): TallyRules => ({
  decision,
  outputs,
  scale: decision && decisionScale({ outputs }, decision, baseline),
  segments: compileSegments(monitoring.segments, contract, baseline?.profile),
});

/**
 * Tallies of the rows of one hour, by version: all that is to be stored of that hour, so give every row that is known of
 * it. Whatever is said again of a prediction counts once, the last of it. Answers of a shadow are left out: nobody acted
 * on them.
 *
 * @returns in the order of versions
 */
export function tallyHour(rows: Iterable<JoinedRow>, options: TallyOptions): VersionTallies[] {
  const last = new Map<string, JoinedRow>();
  for (const row of rows) if (row.variant !== 'shadow') last.set(`${row.version} ${recordKey(row.feedback)}`, row);
  const versions = new Map<number, VersionCounter>();
  // In the order of the predictions, whatever that of their truths: the first of several that are alike counts.
  for (const row of [...last.values()].sort(byTime)) {
    const rules = options.rulesOf(row.version);
    if (rules !== undefined) entry(versions, row.version, () => new VersionCounter(rules, options)).add(row);
  }
  return [...versions].sort(([a], [b]) => a - b).map(([version, counter]) => ({ version, ...counter.tallies() }));
}

const byTime = (a: JoinedRow, b: JoinedRow): number => compare(a.at, b.at) || compare(a.feedback.id, b.feedback.id);

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Counts the rows of one version. */
class VersionCounter {
  readonly #uncounted: Uncounted = { named: 0, failed: 0, repeated: 0 };
  readonly #strata = new Map<string | null, Map<string, SegmentCounter>>();
  /** Prediction by digest of its row: several things may be said of one prediction, and all count. */
  readonly #counted = new Map<string, string>();

  constructor(
    private readonly rules: TallyRules,
    private readonly options: TallyOptions,
  ) {}

  add(row: JoinedRow): void {
    const reason = this.#leftOut(row);
    if (reason !== undefined) {
      if (!isOutcome(row.feedback)) this.#uncounted[reason]++;
      return;
    }
    const segments = entry(this.#strata, stratumOf(row, this.options), () => new Map());
    for (const name of this.rules.segments(row.features))
      entry(segments, name, () => new SegmentCounter(this.rules)).add(row);
  }

  tallies(): Pick<VersionTallies, 'uncounted' | 'strata'> {
    return {
      uncounted: this.#uncounted,
      strata: [...this.#strata]
        .sort(([a], [b]) => compare(a ?? '', b ?? ''))
        .map(([since, segments]) => ({
          since,
          segments: Object.fromEntries([...segments].map(([name, counter]) => [name, counter.tally()])),
        })),
    };
  }

  #leftOut({ named, failed, digest, feedback }: JoinedRow): keyof Uncounted | undefined {
    if (named) return 'named';
    if (failed) return 'failed';
    if (digest === undefined) return undefined;
    return entry(this.#counted, digest, () => feedback.id) === feedback.id ? undefined : 'repeated';
  }
}

/** Since when the shares were those by which a row was routed; null where that is not known. */
function stratumOf({ at, revision }: JoinedRow, { sharesChanged = [], sinceOf }: TallyOptions): string | null {
  const since = revision === undefined ? undefined : sinceOf?.(revision);
  return since === undefined ? (sharesChanged.findLast((change) => change <= at) ?? null) : since;
}

/** Counts the rows of one segment. */
class SegmentCounter {
  readonly #tally: SegmentTally;
  readonly #business = new Map<string, Moments>();
  readonly #units = new Map<string | null, { rows: number; loss: number; squares: number } & UnitTotals>();

  constructor(private readonly rules: TallyRules) {
    this.#tally = { units: noUnits(), business: {} };
  }

  add(row: JoinedRow): void {
    const { feedback } = row;
    if (!isOutcome(feedback)) {
      this.#decide(row, feedback);
      return;
    }
    addValue(entry(this.#business, feedback.metric, noMoments), feedback.value);
  }

  tally(): SegmentTally {
    const business = Object.fromEntries(this.#business);
    return { ...this.#tally, business, units: unitsOf(this.#units.values()) };
  }

  #decide(row: JoinedRow, feedback: TruthRecord): void {
    const { decision, scale, outputs } = this.rules;
    const truth = decision && decisionTruth(decision, outputs, feedback.truth);
    if (scale === undefined || truth === undefined) return;
    const counted = { score: row.score, truth, probabilities: row.probabilities };
    this.#tally.decisions ??= emptyTally(scale);
    addDecision(this.#tally.decisions, scale, counted);
    const loss = lossOf(scale, counted);
    if (loss === undefined) return;
    const who = row.unit === undefined ? requestOf(feedback.id) : row.unit;
    const unit = entry(this.#units, who, () => ({ rows: 0, loss: 0, squares: 0 }));
    unit.rows++;
    unit.loss += loss;
    unit.squares += loss * loss;
  }
}

/** The request that a prediction is a row of. */
export const requestOf = (id: string): string => id.replace(/#\d+$/, '');

/** The value of a key, made when it is new. */
function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
