import type * as z from 'zod';
import type { TensorType } from '../../model/signature.ts';
import type { Cell, Certain, FeatureType, JsonSchema, Value } from '../types/value-type.ts';

/** What every rule may know of the feature that it is about. */
export type RuledFeature = {
  readonly name: string;
  readonly type: FeatureType;
  /** Type of the graph's input that it goes to; left out where no graph is known. */
  readonly inputType?: TensorType | undefined;
};

/** A rule as one feature has it. */
export interface BoundRule {
  /** What is allowed, in words: `at least 0`. */
  readonly allowed: string;
  /** Whether a value breaks the rule. What an earlier rule refuses is never asked about. */
  breaks(cell: Cell): boolean;
  /**
   * Condition in SQL for {@link breaks}, over the expression of the value; none where what a cell is says all about it
   * (see cells/), and none where no value of a file can break it.
   */
  sql?(value: string): string;
  /** Whether no further rule has a say about a value. */
  exempts?(cell: Cell): boolean;
  /** Nearest allowed value; absent where there is none, so that a violation cannot be clamped. */
  clamp?(value: Value): Value;
  /** Values that certainly keep the rule. @default none: every value is asked about */
  readonly certain?: Certain;
  /** What the API's description says of the rule, for this input. */
  openApi?(input: TensorType): JsonSchema;
  /** Values that keep the rule, for whoever looks for one that keeps them all. */
  readonly examples?: readonly Value[];
}

/** What a feature says of a rule. */
type Ruled<Shape extends z.core.$ZodShape> = RuledFeature &
  (keyof Shape extends never ? unknown : z.output<z.ZodObject<Shape>>);

/**
 * A rule of the contract: everything that depends on it is here, and in the one line that registers it (rules.ts).
 * `Shape` is its keys in a feature.
 */
export interface Rule<Shape extends z.core.$ZodShape = z.core.$ZodShape> {
  readonly shape: Shape;
  /** Types of feature that may have its keys. @default all */
  readonly types?: readonly FeatureType[];
  /** Whether the API's description has it even where violations are let through. */
  readonly structural?: boolean;
  /** What is wrong with how a feature states it. */
  problem?(feature: Ruled<Shape>): string | undefined;
  /** The rule for one feature; undefined where the feature does not have it. */
  of(feature: Ruled<Shape>): BoundRule | undefined;
}

/** Types a rule by its shape. */
export const defineRule = <Shape extends z.core.$ZodShape>(rule: Rule<Shape>): Rule<Shape> => rule;

export const NUMBERS: readonly FeatureType[] = ['float', 'integer'];
