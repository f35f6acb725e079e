import type { Manifest } from '../../core/manifest/manifest.ts';
import { qualityOf } from '../../core/manifest/quality-of.ts';
import { absoluteErrorQuantile } from '../../core/quality/binned-errors.ts';
import { type CalibrationGroup, calibrationBins, calibrationGroups } from '../../core/quality/calibration.ts';
import { confusionMatrix } from '../../core/quality/confusion-matrix.ts';
import { costTable } from '../../core/quality/cost.ts';
import type { HourTallies, Uncounted, VersionTallies } from '../../core/quality/hour-tallies.ts';
import type { Metric, MetricOptions } from '../../core/quality/metric.ts';
import { binaryMetrics } from '../../core/quality/metrics-binary.ts';
import { businessValue } from '../../core/quality/metrics-business.ts';
import { multiclassMetrics, topBins } from '../../core/quality/metrics-multiclass.ts';
import { regressionMetrics } from '../../core/quality/metrics-regression.ts';
import { ALL } from '../../core/quality/segments.ts';
import { mergeSegments, type SegmentTally, type Tally } from '../../core/quality/tally.ts';
import { designEffect, noUnits } from '../../core/quality/units.ts';
import type { HourInputs } from './count-inputs.ts';
import { describeInputs } from './describe-inputs.ts';
import type { QualityView } from './quality-view.ts';

export interface QualityOptions {
  readonly model: string;
  readonly version: number;
  readonly manifest: Manifest;
  readonly from: Date;
  readonly to: Date;
  /** @default everything */
  readonly segment?: string;
  /** Tallies of the champion of the same window, which estimates of another version are held against. */
  readonly champion?: readonly VersionTallies[] | undefined;
  /** Truths of the model that were given up, as no captured prediction has their id. @default 0 */
  readonly unknownTruths?: number;
  /** Hours whose tallies cannot be read. @default none */
  readonly unreadable?: QualityView['unreadable'];
  /** What the version was sent in the window. @default that is not known */
  readonly inputs?: readonly HourInputs[];
}

/** No prediction of the window is part of the segment. */
export class UnknownSegmentError extends Error {
  override readonly name = 'UnknownSegmentError';
  constructor(
    readonly segment: string,
    readonly segments: readonly string[],
  ) {
    super(
      `no segment '${segment}' has truths in this window, ${segments.length === 0 ? 'and no other has' : `there are ${segments.slice(0, 20).join(', ')}`}`,
    );
  }
}

/** Tallies of one version, hour by hour. */
export const talliesOfVersion = (hours: Iterable<HourTallies>, version: number): VersionTallies[] =>
  [...hours].flatMap(({ versions }) => versions.filter((each) => each.version === version));

/** Tallies of hours put together, by segment. */
export function mergeHours(hours: Iterable<Pick<VersionTallies, 'strata'>>): Map<string, SegmentTally> {
  const merged = new Map<string, SegmentTally>();
  for (const { strata } of hours)
    for (const { segments } of strata)
      for (const [name, tally] of Object.entries(segments)) {
        const known = merged.get(name);
        merged.set(name, known ? mergeSegments(known, tally) : tally);
      }
  return merged;
}

/**
 * How good a version was, by its tallies of the hours of a window.
 *
 * @throws UnknownSegmentError
 */
export function describeQuality(own: readonly VersionTallies[], options: QualityOptions): QualityView {
  const { model, version, manifest, from, to, segment = ALL } = options;
  const merged = mergeHours(own);
  const names = [...merged.keys()].filter((name) => name !== ALL).sort();
  const tally = merged.get(segment);
  if (tally === undefined && segment !== ALL) throw new UnknownSegmentError(segment, names);
  const { decisions, units = noUnits(), business = {} } = tally ?? {};
  const champion = championErrors(options);
  const metricOptions = { ...optionsOf(manifest, tally), champion };
  const { metrics, classes } = metricsOf(decisions, metricOptions);
  return {
    model,
    version,
    from: from.toISOString(),
    to: to.toISOString(),
    segment,
    task: manifest.decision?.task ?? null,
    truths: truthsOf(decisions),
    uncounted: uncountedOf(own),
    unknownTruths: options.unknownTruths ?? 0,
    unreadable: options.unreadable ?? [],
    units: units.n,
    designEffect: metricOptions.designEffect ?? 1,
    metrics,
    classes,
    deciding: qualityOf(manifest).metrics.map(({ metric, class: one }) => ({ metric, class: one ?? null })),
    confusion: confusionOf(decisions),
    calibration: calibrationOf(decisions),
    business: Object.fromEntries(
      Object.entries(business).map(([name, values]) => {
        const unit = manifest.monitoring.business?.find((each) => each.name === name)?.unit;
        return [name, { unit: unit ?? null, ...businessValue(values) }];
      }),
    ),
    inputs: describeInputs(options.inputs ?? []),
    segments: names.flatMap((name) => segmentOf(name, manifest, merged.get(name)!)),
  };
}

function uncountedOf(tallies: readonly VersionTallies[]): Uncounted {
  const total = { named: 0, failed: 0, repeated: 0 };
  for (const { uncounted } of tallies)
    for (const why of Object.keys(total) as (keyof Uncounted)[]) total[why] += uncounted[why];
  return total;
}

/** Quantiles of the champion's absolute errors in the segment; undefined where nobody asks for them. */
function championErrors({ champion, segment = ALL }: QualityOptions): MetricOptions['champion'] {
  if (champion === undefined) return undefined;
  const decisions = mergeHours(champion).get(segment)?.decisions;
  if (decisions?.task !== 'regression' || decisions.absolute.n === 0) return undefined;
  const of = (share: number): number => absoluteErrorQuantile(decisions, share).value;
  return { median: of(0.5), p90: of(0.9) };
}

const optionsOf = ({ truth, decision, outputs }: Manifest, tally: SegmentTally | undefined): MetricOptions => ({
  costs: decision && costTable(decision, outputs),
  designEffect: tally ? designEffect(tally.units) : 1,
  positivesOnly: truth?.of === 'predicted-positives',
});

function metricsOf(decisions: Tally | undefined, options: MetricOptions): Pick<QualityView, 'metrics' | 'classes'> {
  if (decisions === undefined) return { metrics: {}, classes: {} };
  if (decisions.task === 'multiclass') {
    const { overall, classes } = multiclassMetrics(decisions, options);
    return { metrics: overall, classes };
  }
  const metrics =
    decisions.task === 'binary' ? binaryMetrics(decisions, options) : regressionMetrics(decisions, options);
  return { metrics: metrics as Record<string, Metric>, classes: {} };
}

function truthsOf(decisions: Tally | undefined): number {
  if (decisions === undefined) return 0;
  if (decisions.task === 'multiclass') return decisions.n;
  if (decisions.task === 'regression') return decisions.error.n + decisions.invalid;
  const { tp, fp, tn, fn, invalid } = decisions;
  return tp + fp + tn + fn + invalid.positive + invalid.negative;
}

function confusionOf(decisions: Tally | undefined): QualityView['confusion'] {
  if (decisions === undefined || decisions.task === 'regression') return null;
  if (decisions.task === 'multiclass') {
    const { truths, decisions: columns, counts } = confusionMatrix(decisions);
    return { truths: [...truths], decisions: [...columns], counts: counts.map((row) => [...row]) };
  }
  const { tp, fp, tn, fn, invalid } = decisions;
  const none = invalid.positive + invalid.negative > 0;
  return {
    truths: ['positive', 'negative'],
    decisions: ['positive', 'negative', ...(none ? ['none'] : [])],
    counts: [
      [tp, fn, ...(none ? [invalid.positive] : [])],
      [fp, tn, ...(none ? [invalid.negative] : [])],
    ],
  };
}

function calibrationOf(decisions: Tally | undefined): CalibrationGroup[] {
  if (decisions?.task === 'multiclass') {
    const { top, topCorrect } = decisions.probabilities;
    return calibrationGroups(topBins(top, topCorrect));
  }
  if (decisions?.task !== 'binary' || decisions.probabilities === undefined) return [];
  return calibrationGroups(calibrationBins(decisions.scores.positive, decisions.scores.negative));
}

function segmentOf(name: string, manifest: Manifest, tally: SegmentTally): QualityView['segments'] {
  const { decisions } = tally;
  if (decisions === undefined) return [];
  const { metrics } = metricsOf(decisions, optionsOf(manifest, tally));
  const metric = headlineOf(manifest);
  return [{ name, truths: truthsOf(decisions), metric, value: metrics[metric]! }];
}

/** The one metric that a segment is shown by. */
export function headlineOf({ decision, truth }: Manifest): string {
  if (truth?.of === 'predicted-positives') return 'precision';
  return decision?.task === 'regression' ? 'mae' : 'errorRate';
}
