import type { Holder } from './holder.ts';
import type { BoundRule } from './rules/rule.ts';
import type { Certain, Value } from './types/value-type.ts';

/** Values of which no rule need be asked: a number within the bounds, a text up to the length, or one of the values. */
export interface CertainValues<T> {
  readonly lowest: number;
  readonly highest: number;
  readonly whole: boolean;
  readonly maxUnits: number;
  /** Where there are any, nothing else is certain. */
  readonly values: ReadonlySet<T> | undefined;
  readonly booleans: boolean;
  readonly missing: boolean;
}

/** What all rules are certain of, and the elements: the comparisons that a pass makes instead of asking. */
export function certainValues<T extends Value>(rules: readonly BoundRule[], holder: Holder<T>): CertainValues<T> {
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
    missing: all.some(({ missing }) => missing === true),
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
  missing: false,
};
