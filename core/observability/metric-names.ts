/** CloudWatch's namespace of all metrics of Trimtab. */
export const NAMESPACE = 'Trimtab';

/** What tells series of one metric of one model apart; each has a dimension set with environment and model. */
type SeriesDimension = 'Variant' | 'Version';

interface ModelMetric {
  readonly unit: 'None' | 'Count' | 'Milliseconds';
  /** Dimension sets that it is emitted under: CloudWatch bills each, so only those that something reads. */
  readonly by: readonly SeriesDimension[];
}

/** Read by alarms and dashboards, which outlive versions. */
const BY_VARIANT = ['Variant'] as const;
/** Read where versions are compared. */
const BY_VERSION = ['Version'] as const;
/** Alarms of variants whose evidence is read by version. */
const BY_BOTH = ['Variant', 'Version'] as const;

/** All combinations of dimension sets. */
export const SERIES: readonly ModelMetric['by'][] = [BY_BOTH, BY_VARIANT, BY_VERSION];

/**
 * Metrics of models that are emitted, with their units and what their series are told apart by. Ratios are 0/1 values
 * whose average is the rate, so that an alarm on one is a plain single-metric alarm. docs/observability.md says of each
 * who emits and who reads it.
 */
export const METRICS = {
  /** 1 for a request that failed inside (5xx, and 422 where the graph failed on the values), else 0; none where its caller was at fault. */
  Failure: { unit: 'None', by: BY_BOTH },
  /** 1 for a request that broke the contract, else 0. */
  Violation: { unit: 'None', by: BY_BOTH },
  /** 1 for a request with rows unlike the baseline, else 0; only of models with that guard. */
  OutOfDistribution: { unit: 'None', by: BY_VARIANT },
  /** 1 for a request that was turned away because its caller had sent too many, else 0; only of models with a limit. */
  RateLimited: { unit: 'None', by: BY_VARIANT },
  /** 1 for an answer out of the response cache, 0 for one that it might have had; only of models with a cache. */
  CacheHit: { unit: 'None', by: BY_VARIANT },
  /** Whole time of a request in the handler; none where its caller was at fault. */
  Latency: { unit: 'Milliseconds', by: BY_BOTH },
  /** Whole time of an explanation, which is in no alarm: it takes longer than any answer. */
  ExplainLatency: { unit: 'Milliseconds', by: BY_VARIANT },
  /** 1 for an explanation that failed inside (5xx, and 422 where the graph failed on the values), else 0; their number is that of the samples. */
  ExplainFailure: { unit: 'None', by: BY_VARIANT },
  /** Rows answered. */
  Rows: { unit: 'Count', by: BY_BOTH },
  /** Score of the decision's output, 0 to 1 for probabilities. */
  Score: { unit: 'None', by: BY_VARIANT },
  /** Of a row with three classes or more: the largest probability less the second, 0 to 1. */
  Margin: { unit: 'None', by: BY_VARIANT },
  /** Of the same: how undecided it is, as a share of even odds, 0 to 1. */
  Entropy: { unit: 'None', by: BY_VARIANT },
  /**
   * 1 for a decision that ground truth calls wrong, else 0, of predictions made since the traffic last changed hands:
   * only those say anything of the release.
   */
  PredictionError: { unit: 'None', by: BY_BOTH },
  /** As PredictionError, of earlier predictions whose truth came late. */
  PredictionErrorLate: { unit: 'None', by: BY_VARIANT },
  /** 1 when a version could not be loaded, else 0. */
  LoadFailure: { unit: 'None', by: BY_VARIANT },
  /** 1 when the ledger could not be read, or not before an answer that should rest on it, and the last known release is served; else 0. */
  StaleRelease: { unit: 'None', by: BY_VARIANT },
  /** 1 when the privacy secret could not be had and personal fields are left out of captures, else 0. */
  PrivacyFailure: { unit: 'None', by: BY_VARIANT },
  /** 1 for a mirrored request whose answer disagrees with the one that was given, else 0; of the shadow's version. */
  ShadowDisagreement: { unit: 'None', by: BY_VERSION },
  /** Largest difference of two numbers in them; its maximum is what to look at. */
  ShadowDifference: { unit: 'None', by: BY_VERSION },
  /** Share of a model's features that drifted in the last window. */
  Drift: { unit: 'None', by: BY_VARIANT },
} as const satisfies Readonly<Record<string, ModelMetric>>;
export type MetricName = keyof typeof METRICS;

/** Name of a business metric among the others. */
export type BusinessName = `Business.${string}`;

/** Unit and series of a metric; business metrics are values of their own units, compared by variant and by version. */
export const metricOf = (name: MetricName | BusinessName): ModelMetric =>
  METRICS[name as MetricName] ?? { unit: 'None', by: BY_BOTH };

/** Metrics of data files: their units, and whether each is emitted by dataset as well as over all datasets. */
export const DATASET_METRICS = {
  /** Rows of a file that were accepted. */
  RowsAccepted: { unit: 'Count', byDataset: false },
  /** Rows of a file that were quarantined. */
  RowsQuarantined: { unit: 'Count', byDataset: false },
  /** 1 for a file that was rejected as a whole, else 0. */
  FileRejected: { unit: 'None', byDataset: true },
  /** 1 when the privacy secret could not be had and columns of a file are left out, else 0. */
  PrivacyFailure: { unit: 'None', byDataset: false },
} as const;
export type DatasetMetricName = keyof typeof DATASET_METRICS;

/** Metrics of the judge of releases: their units, and whether each is emitted by model as well as over all models. */
export const JUDGE_METRICS = {
  /** 1 when the judge has looked and somebody is asked something, else 0. */
  NeedsPerson: { unit: 'None', byModel: true },
  /** 1 for a look of the judge that judged every model, 0 for one that failed at some. */
  JudgeHeartbeat: { unit: 'None', byModel: false },
} as const;
export type JudgeMetricName = keyof typeof JUDGE_METRICS;

/** 1 while something that is written down beside answers cannot be; none while all can. Over the whole environment. */
export const BOOKKEEPING_METRIC = 'BookkeepingFailure';

/** Dimensions of a metric of one variant of a model. */
export interface VariantDimensions {
  readonly Environment: string;
  readonly Model: string;
  readonly Variant: string;
}

/** Dimensions of a metric of one version of a model. */
export interface VersionDimensions {
  readonly Environment: string;
  readonly Model: string;
  readonly Version: string;
}

/** Dimensions of a metric of the judge. */
export interface JudgeDimensions {
  readonly Environment: string;
  readonly Model?: string;
}

export const variantDimensions = (environment: string, model: string, variant: string): VariantDimensions => ({
  Environment: environment,
  Model: model,
  Variant: variant,
});

export const versionDimensions = (environment: string, model: string, version: number): VersionDimensions => ({
  Environment: environment,
  Model: model,
  Version: String(version),
});
