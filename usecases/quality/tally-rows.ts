import type { Decision } from '../../core/manifest/decision.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import type { ColumnValue } from '../../core/profile/count.ts';
import type { Baseline } from '../../core/profile/profile.ts';
import { addDecision, type DecisionScale, decisionScale, emptyTally, lossOf } from '../../core/quality/decisions.ts';
import { type HourTallies, hourOf } from '../../core/quality/hour-tallies.ts';
import { addValue, noMoments } from '../../core/quality/moments.ts';
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
   * What was given a version at random: the routing key or subject, or a pseudonym of it.
   * @default the request: rows of a batch are one unit
   */
  readonly unit?: string;
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
  readonly model: string;
  /** Undefined for a version that is not known: its rows are left out. */
  readonly rulesOf: (version: number) => TallyRules | undefined;
  /** Instants at which the shares of the traffic changed, ascending; what is before the first has no stratum known. */
  readonly sharesChanged?: readonly string[];
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
 * Tallies of rows, by the hour of the prediction and version: all that is to be stored of those hours, so give every
 * row that is known of them. Whatever is said again of a prediction counts once, the last of it. Answers of a shadow
 * are left out: nobody acted on them.
 *
 * @returns in the order of hours, then versions
 */
export function tallyRows(rows: Iterable<JoinedRow>, options: TallyOptions): HourTallies[] {
  const last = new Map<string, JoinedRow>();
  for (const row of rows) if (row.variant !== 'shadow') last.set(`${row.version} ${recordKey(row.feedback)}`, row);
  const hours = new Map<string, Map<string | null, Map<string, SegmentCounter>>>();
  for (const row of last.values()) {
    const rules = options.rulesOf(row.version);
    if (rules === undefined) continue;
    const strata = entry(hours, `${hourOf(row.at)} ${row.version}`, () => new Map());
    const segments = entry(strata, stratumOf(row.at, options.sharesChanged ?? []), () => new Map());
    for (const name of rules.segments(row.features)) entry(segments, name, () => new SegmentCounter(rules)).add(row);
  }
  return [...hours]
    .map(([key, strata]): HourTallies => {
      const [hour = '', version] = key.split(' ');
      return {
        schemaVersion: 1,
        model: options.model,
        version: Number(version),
        hour,
        strata: [...strata]
          .sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1))
          .map(([since, segments]) => ({
            since,
            segments: Object.fromEntries([...segments].map(([name, counter]) => [name, counter.tally()])),
          })),
      };
    })
    .sort((a, b) => a.hour.localeCompare(b.hour) || a.version - b.version);
}

/** When the shares last changed before an instant; null where that is not known. */
const stratumOf = (at: string, changes: readonly string[]): string | null =>
  changes.findLast((change) => change <= at) ?? null;

/** Counts the rows of one segment. */
class SegmentCounter {
  readonly #tally: SegmentTally;
  readonly #units = new Map<string, { rows: number; loss: number; squares: number } & UnitTotals>();

  constructor(private readonly rules: TallyRules) {
    this.#tally = { units: noUnits(), business: {} };
  }

  add(row: JoinedRow): void {
    const { feedback } = row;
    if (!isOutcome(feedback)) {
      this.#decide(row, feedback);
      return;
    }
    this.#tally.business[feedback.metric] ??= noMoments();
    addValue(this.#tally.business[feedback.metric]!, feedback.value);
  }

  tally(): SegmentTally {
    return { ...this.#tally, units: unitsOf(this.#units.values()) };
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
    const unit = entry(this.#units, row.unit ?? feedback.id.replace(/#\d+$/, ''), () => ({
      rows: 0,
      loss: 0,
      squares: 0,
    }));
    unit.rows++;
    unit.loss += loss;
    unit.squares += loss * loss;
  }
}

/** The value of a key, made when it is new. */
function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
