import * as z from 'zod';
import { recordName } from '../model/names.ts';

/** A class's name. */
export const ClassName = z.union([recordName('a class'), z.number()]);

export const BinaryDecision = z.strictObject({
  task: z.literal('binary').describe('One of two classes.'),
  output: recordName('an output').describe('Output that holds the probability or score.'),
  column: z.int().min(0).default(1).describe('Column of that output for the positive class.'),
  threshold: z.number().default(0.5).describe('The decision is positive when the probability is at least this.'),
  classes: z
    .tuple([ClassName, ClassName])
    .refine(([negative, positive]) => String(negative) !== String(positive), 'classes must be unique')
    .optional()
    .describe(
      'Names of the negative and the positive class, by which truths may call them; left out: the `classes` of that output in `outputs`, where they are two.',
    ),
  costs: z
    .strictObject({
      falsePositive: z.number().min(0).describe('Of a positive decision where the truth is negative.'),
      falseNegative: z.number().min(0).describe('Of a negative decision where the truth is positive.'),
    })
    .optional()
    .describe('What a wrong decision costs, in whatever unit; left out: nothing is known of that.'),
});
export type BinaryDecision = z.infer<typeof BinaryDecision>;

export const MulticlassDecision = z.strictObject({
  task: z.literal('multiclass').describe('One of several classes.'),
  output: recordName('an output').describe(
    'Output that decides. Where `outputs` says that it means `label`, it holds the class itself; else it has one probability or score a class, of which the greatest decides (the first of several that are equally great).',
  ),
  classes: z
    .array(ClassName)
    .min(2)
    .max(10_000)
    .refine((classes) => new Set(classes.map(String)).size === classes.length, 'classes must be unique')
    .optional()
    .describe(
      'Names of the classes, of probabilities in the order of the columns; left out: the `classes` of that output in `outputs`.',
    ),
  costs: z
    .array(
      z.strictObject({
        truth: ClassName.describe('The class that is true.'),
        decision: ClassName.describe('The class that is decided on.'),
        cost: z.number().min(0).describe('What that costs.'),
      }),
    )
    .min(1)
    .max(10_000)
    .optional()
    .describe('What it costs to decide on one class where another is true; 1 for whatever is not named.'),
});
export type MulticlassDecision = z.infer<typeof MulticlassDecision>;

export const RegressionDecision = z.strictObject({
  task: z.literal('regression').describe('A quantity.'),
  output: recordName('an output').describe('Output that holds the quantity.'),
  column: z.int().min(0).default(0).describe('Column of that output.'),
  tolerance: z
    .number()
    .positive()
    .optional()
    .describe(
      "A prediction is wrong when it misses by more than this, in the output's unit; left out: none is right or wrong.",
    ),
});
export type RegressionDecision = z.infer<typeof RegressionDecision>;

/** How a prediction becomes a decision that ground truth can be held against. */
export const Decision = z.discriminatedUnion('task', [BinaryDecision, MulticlassDecision, RegressionDecision]);
export type Decision = z.infer<typeof Decision>;

/** Whether truth can call a decision wrong; of a regression without a tolerance it only says by how much it misses. */
export const canBeWrong = (decision: Decision): boolean =>
  decision.task !== 'regression' || decision.tolerance !== undefined;
