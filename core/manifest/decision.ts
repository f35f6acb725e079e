import * as z from 'zod';
import { recordName } from '../model/names.ts';

/** A class's name. */
export const ClassName = z.union([recordName('a class'), z.number()]);

export const BinaryDecision = z.strictObject({
  task: z.literal('binary'),
  /** Output that holds the probability or score. */
  output: recordName('an output'),
  /** Column of that output for the positive class. */
  column: z.int().min(0).default(1),
  /** The decision is positive when the probability is at least this. */
  threshold: z.number().default(0.5),
  /**
   * Names of the negative and the positive class, by which truths may call them; absent: the `classes` of that output in
   * `outputs`, where they are two.
   */
  classes: z
    .tuple([ClassName, ClassName])
    .refine(([negative, positive]) => String(negative) !== String(positive), 'classes must be unique')
    .optional(),
  /** What a wrong decision costs, in whatever unit; absent: nothing is known of that. */
  costs: z.strictObject({ falsePositive: z.number().min(0), falseNegative: z.number().min(0) }).optional(),
});
export type BinaryDecision = z.infer<typeof BinaryDecision>;

export const MulticlassDecision = z.strictObject({
  task: z.literal('multiclass'),
  /**
   * Output that decides. Where `outputs` says that it means `label`, it holds the class itself; else it has one
   * probability or score a class, of which the greatest decides (the first of several that are equally great).
   */
  output: recordName('an output'),
  /** Names of the classes, of probabilities in the order of the columns; absent: the `classes` of that output in `outputs`. */
  classes: z
    .array(ClassName)
    .min(2)
    .max(10_000)
    .refine((classes) => new Set(classes.map(String)).size === classes.length, 'classes must be unique')
    .optional(),
  /** What it costs to decide on one class where another is true; 1 for whatever is not named. */
  costs: z
    .array(z.strictObject({ truth: ClassName, decision: ClassName, cost: z.number().min(0) }))
    .min(1)
    .max(10_000)
    .optional(),
});
export type MulticlassDecision = z.infer<typeof MulticlassDecision>;

export const RegressionDecision = z.strictObject({
  task: z.literal('regression'),
  output: recordName('an output'),
  column: z.int().min(0).default(0),
  /** A prediction is wrong when it misses by more than this, in the output's unit; absent: none is right or wrong. */
  tolerance: z.number().positive().optional(),
});
export type RegressionDecision = z.infer<typeof RegressionDecision>;

/** How a prediction becomes a decision that ground truth can be held against. */
export const Decision = z.discriminatedUnion('task', [BinaryDecision, MulticlassDecision, RegressionDecision]);
export type Decision = z.infer<typeof Decision>;

/** Whether truth can call a decision wrong; of a regression without a tolerance it only says by how much it misses. */
export const canBeWrong = (decision: Decision): boolean =>
  decision.task !== 'regression' || decision.tolerance !== undefined;
