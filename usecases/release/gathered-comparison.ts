import type { AnyComparison } from '../../core/judge/any-comparison.ts';
import type { JudgedStratum } from '../../core/judge/counts.ts';

/** A comparison, and of its strata those of the stretch that lasts. */
export interface GatheredComparison {
  readonly comparison: AnyComparison;
  readonly current: readonly JudgedStratum[];
}
