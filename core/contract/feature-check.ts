import type { TensorType } from '../model/signature.ts';
import type { Feature } from './contract.ts';
import { elementText } from './elements.ts';
import type { BrokenRule, Findings, Subject } from './findings.ts';
import type { Holder } from './holder.ts';
import { type FeatureRule, featureRules } from './rules/rules.ts';
import { VALUE_TYPES } from './types/types.ts';
import type { Cell, Certain, Value } from './types/value-type.ts';

/** Values of which no rule need be asked: a number within the bounds, a text up to the length, or one of the values. */
export interface CertainValues<T> {
  readonly lowest: number;
  readonly highest: number;
  readonly whole: boolean;
  readonly maxUnits: number;
  /** Where there are any, nothing else is certain. */
  readonly values: ReadonlySet<T> | undefined;
  readonly booleans: boolean;
}

/** A feature's rules compiled for the elements of its input. */
export class FeatureCheck<T extends number | bigint | string> implements Subject {
  readonly name: string;
  readonly policy: Subject['policy'];
  readonly personal: boolean;
  /** Reads a value of a request. */
  readonly read: (raw: unknown) => Cell;
  readonly certain: CertainValues<T>;
  private readonly rules: readonly FeatureRule[];
  /** What is broken by a value that every rule lets through and the input's type has no element for. */
  private readonly beyondInput: BrokenRule;

  constructor(
    feature: Feature,
    private readonly holder: Holder<T>,
    input: TensorType,
  ) {
    this.name = feature.name;
    this.policy = feature.onViolation;
    this.personal = feature.personal !== 'no';
    this.rules = featureRules(feature);
    this.beyondInput = { name: 'type', allowed: elementText(input) };
    const { read } = VALUE_TYPES[feature.type];
    this.read = holder.integral ? (raw) => (raw instanceof Number ? undefined : read(raw)) : read;
    this.certain = certainValues(this.rules, holder);
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
    for (const rule of this.rules) {
      if (rule.exempts?.is(value)) break;
      if (!rule.breaks(value)) continue;
      if (this.policy === 'clamp' && rule.clamp !== undefined) {
        findings.tolerated++;
        value = rule.clamp(value as Value);
        continue;
      }
      const held = this.holder.hold(value);
      findings.add(this, rule, { value: raw, row, tolerable: held !== undefined });
      return held ?? this.holder.empty;
    }
    const held = this.holder.hold(value);
    if (held === undefined) findings.add(this, this.beyondInput, { value: raw, row, tolerable: false });
    return held ?? this.holder.empty;
  }
}

/** What all rules are certain of, and the elements. */
function certainValues<T extends Value>(rules: readonly FeatureRule[], holder: Holder<T>): CertainValues<T> {
  const parts = [...rules.map(({ certain }) => certain), holder.certain];
  const all = parts.filter((part) => part !== undefined);
  // One rule that says nothing makes everything uncertain.
  if (all.length < parts.length) return UNCERTAIN;
  const bound = (of: (part: Certain) => number | undefined, none: number): number[] =>
    all.map((part) => of(part) ?? none);
  const listed = all.find(({ values }) => values !== undefined)?.values;
  return {
    lowest: Math.max(...bound(({ lowest }) => lowest, Number.NEGATIVE_INFINITY)),
    highest: Math.min(...bound(({ highest }) => highest, Number.POSITIVE_INFINITY)),
    whole: all.some(({ whole }) => whole === true),
    maxUnits: Math.min(...bound(({ maxUnits }) => maxUnits, Number.POSITIVE_INFINITY)),
    values: listed && new Set(listed.filter((value) => !rules.some((rule) => rule.breaks(value))).flatMap(held)),
    booleans: all.some(({ booleans }) => booleans === true),
  };

  function held(value: Value): T[] {
    const element = holder.hold(value);
    return element === undefined ? [] : [element];
  }
}

const UNCERTAIN: CertainValues<never> = {
  lowest: Number.POSITIVE_INFINITY,
  highest: Number.NEGATIVE_INFINITY,
  whole: true,
  maxUnits: -1,
  values: undefined,
  booleans: false,
};
