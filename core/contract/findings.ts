import { formatValue } from '../errors/format-value.ts';
import type { Violation } from './violation.ts';
import type { ViolationPolicy } from './violation-policy.ts';

/** A feature or a whole tensor, as far as its violations depend on it. */
export interface ViolationSubject {
  readonly name: string;
  /** What a violation of one of its rules does. */
  policy(rule: Violation['rule']): ViolationPolicy;
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
  /** Nothing is kept of it for captures, as of a missing one. */
  readonly unread?: boolean;
}

/** How often one rule of one feature was broken in one request. */
export interface ViolationCount {
  /** Name of the feature, or of the whole tensor. */
  readonly feature: string;
  readonly rule: Violation['rule'];
  readonly count: number;
  /** How many of them captures have nothing of, though something was there; absent where there are none. */
  readonly unread?: number;
}

/** {@link ViolationCount} while it is counted. */
interface RuleCount {
  count: number;
  unread: number;
}

/** Collects what was broken in one request: rejecting violations in full up to a limit, all of them as counts. */
export class Findings {
  /** Rejecting violations, at most `limit`. */
  readonly violations: Violation[] = [];
  /** All rejecting violations. */
  rejected = 0;
  /** Violations that were clamped or flagged. */
  tolerated = 0;
  /** All violations, by feature and rule; made when there is one, for most requests have none. */
  #counts: Map<string, Map<Violation['rule'], RuleCount>> | undefined;

  constructor(readonly limit = 10) {}

  /** All violations, by feature and rule. */
  get counts(): readonly ViolationCount[] {
    if (this.#counts === undefined) return NOTHING;
    return [...this.#counts].flatMap(([feature, rules]) =>
      [...rules].map(
        ([rule, { count, unread }]): ViolationCount => ({ feature, rule, count, ...(unread > 0 ? { unread } : {}) }),
      ),
    );
  }

  /** Records a violation that was clamped, or that is let pass. */
  tolerate(
    { name: feature }: Pick<ViolationSubject, 'name'>,
    { name: rule }: Pick<BrokenRule, 'name'>,
    unread = false,
  ): void {
    this.tolerated++;
    this.#count(feature, rule, unread);
  }

  /** Records a violation that is not clamped. */
  add(subject: ViolationSubject, { name, allowed }: BrokenRule, finding: RefusedValue): void {
    const { name: feature, personal } = subject;
    const { value, row, tolerable, unread = false } = finding;
    if (tolerable && subject.policy(name) === 'flag') {
      this.tolerate({ name: feature }, { name }, unread);
      return;
    }
    this.#count(feature, name, unread);
    if (this.rejected++ >= this.limit) return;
    this.violations.push({
      feature,
      rule: name,
      ...(personal || name === 'missing' ? {} : { received: formatValue(value) }),
      allowed,
      row,
    });
  }

  #count(feature: string, rule: Violation['rule'], unread: boolean): void {
    this.#counts ??= new Map();
    const rules = this.#counts.get(feature) ?? new Map<Violation['rule'], RuleCount>();
    this.#counts.set(feature, rules);
    const known = rules.get(rule) ?? { count: 0, unread: 0 };
    rules.set(rule, known);
    known.count++;
    if (unread) known.unread++;
  }
}

const NOTHING: readonly ViolationCount[] = [];
