import { formatValue } from '../errors/format-value.ts';
import type { ViolationPolicy } from './contract.ts';
import type { Violation } from './violation.ts';

/** A feature or a whole tensor, as far as its violations depend on it. */
export interface ViolationSubject {
  readonly name: string;
  readonly policy: ViolationPolicy;
  readonly personal: boolean;
}

/** A rule that was broken. */
export interface BrokenRule {
  readonly name: Violation['rule'];
  readonly allowed: string;
}

/** The value that broke it. */
export interface RefusedValue {
  readonly value: unknown;
  readonly row: number;
  /** Whether the policy may let it through: what the tensor cannot hold is rejected whatever the policy. */
  readonly tolerable: boolean;
}

/** Collects what was broken in one request: rejecting violations in full up to a limit, the rest as a count. */
export class Findings {
  /** Rejecting violations, at most `limit`. */
  readonly violations: Violation[] = [];
  /** All rejecting violations. */
  rejected = 0;
  /** Violations that were clamped or flagged. */
  tolerated = 0;

  constructor(readonly limit = 10) {}

  /** Records a violation that is not clamped. */
  add(
    { name: feature, policy, personal }: ViolationSubject,
    { name, allowed }: BrokenRule,
    finding: RefusedValue,
  ): void {
    const { value, row, tolerable } = finding;
    if (tolerable && policy === 'flag') {
      this.tolerated++;
      return;
    }
    if (this.rejected++ >= this.limit) return;
    this.violations.push({
      feature,
      rule: name,
      ...(personal || name === 'missing' ? {} : { received: formatValue(value) }),
      allowed,
      row,
    });
  }
}
