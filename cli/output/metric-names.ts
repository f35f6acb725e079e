/** What people call the metrics, in the order that they are shown in. */
export const METRIC_TITLES: Readonly<Record<string, string>> = {
  errorRate: 'error rate',
  accuracy: 'accuracy',
  balancedAccuracy: 'balanced accuracy',
  precision: 'precision',
  recall: 'recall',
  specificity: 'specificity',
  f1: 'F1',
  mcc: 'MCC',
  macroPrecision: 'macro precision',
  macroRecall: 'macro recall',
  macroF1: 'macro F1',
  kappa: "Cohen's kappa",
  rocAuc: 'ROC AUC',
  prAuc: 'PR AUC',
  brier: 'Brier score',
  logLoss: 'log loss',
  cost: 'cost',
  calibrationError: 'calibration error',
  mae: 'mean absolute error',
  rmse: 'root mean sq. error',
  bias: 'bias',
  r2: 'R²',
  medianAbsoluteError: 'median error',
  p90AbsoluteError: '90th percentile error',
  withinTolerance: 'within tolerance',
  errorAboveMedian: "above champion's median",
  errorAboveP90: "above champion's 90th pct",
  invalidRate: 'no answer',
};

/** Metrics that are shares of rows. */
const SHARES: ReadonlySet<string> = new Set([
  'errorRate',
  'accuracy',
  'balancedAccuracy',
  'precision',
  'recall',
  'specificity',
  'macroPrecision',
  'macroRecall',
  'withinTolerance',
  'errorAboveMedian',
  'errorAboveP90',
  'invalidRate',
]);

/** Metrics of which more is better; of all others less is. */
const MORE_IS_BETTER: ReadonlySet<string> = new Set([
  'accuracy',
  'balancedAccuracy',
  'precision',
  'recall',
  'specificity',
  'f1',
  'mcc',
  'macroPrecision',
  'macroRecall',
  'macroF1',
  'kappa',
  'rocAuc',
  'prAuc',
  'r2',
  'withinTolerance',
]);

export const isMoreBetter = (metric: string): boolean => MORE_IS_BETTER.has(metric);

/** A metric's value for people: shares in percent. */
export function formatMetricValue(name: string, value: number): string {
  return SHARES.has(name) ? `${(100 * value).toFixed(1)} %` : String(Number(value.toPrecision(4)));
}

/** How far a metric may be from that of the rows, for people. */
export const formatMetricBound = (name: string, bound: number): string =>
  SHARES.has(name) ? `${Number((100 * bound).toPrecision(1))} pts` : String(Number(bound.toPrecision(1)));

/** A difference of a metric for people: of shares in points. */
export const formatMetricDifference = (name: string, difference: number): string =>
  `${signed(name, difference)}${SHARES.has(name) ? ' pts' : ''}`;

/** The interval of such a difference. */
export const formatDifferenceInterval = (name: string, low: number, high: number): string =>
  `[${signed(name, low)}, ${signed(name, high)}]${SHARES.has(name) ? ' pts' : ''}`;

function signed(name: string, difference: number): string {
  const text = SHARES.has(name) ? (100 * difference).toFixed(1) : String(Number(difference.toPrecision(3)));
  return difference > 0 ? `+${text}` : text;
}
