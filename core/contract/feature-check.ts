import { type CertainValues, certainValues } from './certain-values.ts';
import type { Feature } from './contract.ts';
import type { Findings, ViolationSubject } from './findings.ts';
import type { Holder } from './holder.ts';
import { type FeatureRule, featureRules } from './rules/rules.ts';
import { VALUE_TYPES } from './types/types.ts';
import type { Cell, Value } from './types/value-type.ts';
import type { Violation } from './violation.ts';
import { policyFor, type ViolationPolicy } from './violation-policy.ts';

/** A feature's rules compiled for the elements of its input. */
export class FeatureCheck<T extends number | bigint | string> implements ViolationSubject {
  readonly name: string;
  readonly personal: boolean;
  /** Reads a value of a request. */
  readonly read: (raw: unknown) => Cell;
  readonly certain: CertainValues<T>;
  private readonly rules: readonly FeatureRule[];
  /** What the input's type has an element for. */
  private readonly element: FeatureRule;

  constructor(
    private readonly feature: Feature,
    private readonly holder: Holder<T>,
  ) {
    this.name = feature.name;
    this.personal = feature.personal !== 'no';
    this.rules = featureRules(feature);
    this.element = this.rules.findLast(({ name }) => name === 'range' || name === 'type')!;
    this.read = VALUE_TYPES[feature.type].read;
    this.certain = certainValues(this.rules, holder);
  }

  policy(rule: Violation['rule']): ViolationPolicy {
    return policyFor(this.feature.onViolation, rule);
  }

  /**
   * Asks the rules in their order, up to the first that is broken. A value that is clamped goes on as what it was
   * clamped to.
   *
   * @param cell what was read of `raw`
   * @returns what the tensor is to hold
   */
  check(raw: unknown, cell: Cell, row: number, findings: Findings): T {
    let value = cell;
    const unread = isUnread(cell);
    for (const rule of this.rules) {
      if (rule.exempts?.(value)) break;
      if (!rule.breaks(value)) continue;
      if (rule.clamp !== undefined && this.policy(rule.name) === 'clamp') {
        findings.tolerate(this, rule, unread);
        value = rule.clamp(value as Value);
        continue;
      }
      const held = this.holder.hold(value);
      findings.add(this, rule, { value: raw, row, tolerable: held !== undefined, unread });
      return held ?? this.holder.empty;
    }
    const held = this.holder.hold(value);
    // A number that may have lost digits before it came here is no integer of 64 bits.
    if (held === undefined) findings.add(this, this.element, { value: raw, row, tolerable: false, unread });
    return held ?? this.holder.empty;
  }
}

/** Whether captures have nothing of a value that was there: one of another type, or an infinite one. */
const isUnread = (cell: Cell): boolean => cell === undefined || (typeof cell === 'number' && !Number.isFinite(cell));
