import type { QualitySummary } from '../../usecases/quality/quality-summary.ts';
import { formatMetricValue, METRIC_TITLES } from './metric-names.ts';

/** In a few words: `21.6 % error rate`. */
export function formatQualitySummary(quality: QualitySummary | null): string {
  if (quality === null) return 'not known';
  const { metric, value } = quality;
  const title = METRIC_TITLES[metric] ?? metric;
  return value.value === null ? `${title} not defined` : `${title} ${formatMetricValue(metric, value.value)}`;
}
