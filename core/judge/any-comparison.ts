import { type Comparison, compareRates, type JudgeLimits, type MetricFinding } from './comparison.ts';
import { compareLosses, type LossComparison } from './loss-comparison.ts';
import { comparePairs, type PairedComparison } from './paired-comparison.ts';

/** One thing that two versions are compared by, of whatever sort. */
export type AnyComparison = Comparison | LossComparison | PairedComparison;

export function compare(comparison: AnyComparison, limits: JudgeLimits): MetricFinding {
  if ('pairs' in comparison) return comparePairs(comparison, limits);
  return 'losses' in comparison ? compareLosses(comparison, limits) : compareRates(comparison, limits);
}

/** Whether it holds what came after a release against what came before it, where nothing else is there. */
export const isAfterwards = (comparison: AnyComparison): boolean =>
  'strata' in comparison && comparison.strata.some(({ share }) => share === undefined);
