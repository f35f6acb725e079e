import * as z from 'zod';
import { DecidingMetricName } from '../manifest/quality.ts';

/** How a margin narrows from the first gate of a rollout to the last. */
const Graded = z.strictObject({
  first: z.number().gt(0).describe('At the first step.'),
  last: z.number().gt(0).describe('At the promotion, and for taking back at any time.'),
});

/**
 * What a release is judged by: fixed by the entry that starts it, and not changed under it. Without defaults, for a later
 * program would read others into it.
 */
export const JudgeRules = z
  .strictObject({
    takeBackLevel: z
      .number()
      .gt(0)
      .lt(1)
      .describe('Chance of taking a version back that is not worse, over all metrics, segments and looks together.'),
    stepLevel: z.number().gt(0).lt(1).describe('Chance of taking a step with a version that is worse by the margin.'),
    margin: Graded.describe('By what part of the champion’s rate a rate may be higher: 0.1 is a tenth.'),
    quality: z
      .array(
        z.strictObject({
          metric: DecidingMetricName.describe('Name of the metric.'),
          class: z.string().optional().describe('Of several classes: whose; absent: of all, or of each.'),
          margin: z.number().min(0).describe('By what part of the champion’s rate of errors it may be worse.'),
          floor: z.number().min(0).describe('And by how much in any case.'),
        }),
      )
      .describe('What decides once truth is known.'),
    minClassShare: z.number().min(0).max(1).describe('Rarer classes decide nothing.'),
    operationFloor: Graded.describe('By how much shares of failed or slow answers may be higher in any case.'),
    slowMs: z.number().gt(0).describe('Answers that take longer are slow, milliseconds.'),
    patienceSeconds: z.number().gt(0).describe('How long a step may wait for evidence before a person is asked.'),
    youngDays: z.number().gt(0).describe('Older releases are never taken back by themselves.'),
    needsTruth: z
      .enum(['yes', 'where-known', 'no'])
      .describe('Whether a step waits for truth: yes, where the model has had some before, or never.'),
  })
  .meta({ id: 'judge-rules' });
export type JudgeRules = z.infer<typeof JudgeRules>;

/** What is compared, as far as margins and the error budget go. */
export type JudgedKind = 'failure' | 'slow' | 'truth';

/** The largest difference that is let pass: `relative` of the reference's rate, and `floor` besides. */
export interface Margin {
  readonly relative: number;
  readonly floor: number;
}

/**
 * The margin of a gate, between a step and the next. Margins fall geometrically from the first gate to the last, of
 * metrics of truth only the relative one; a single gate has the last one.
 *
 * @param last at the last gate
 * @param gate from 0
 */
export function gateMargin(rules: JudgeRules, last: Margin, { kind, gate, gates }: Gate): Margin {
  const part = gates <= 1 ? 1 : Math.min(1, gate / (gates - 1));
  const between = (a: number, b: number): number => (b === 0 ? 0 : Math.max(a, b) * (b / Math.max(a, b)) ** part);
  return {
    relative: between(rules.margin.first, last.relative),
    floor: kind === 'truth' ? last.floor : between(rules.operationFloor.first, last.floor),
  };
}

export interface Gate {
  readonly kind: JudgedKind;
  readonly gate: number;
  readonly gates: number;
}

/** What is let pass of shares of failed and slow answers, when it is about taking back or the promotion. */
export const operationMargin = (rules: JudgeRules): Margin => ({
  relative: rules.margin.last,
  floor: rules.operationFloor.last,
});

/** Parts of the error budget by kind; metrics of a kind share its part, and so do segments and classes. */
const BUDGET: Readonly<Record<JudgedKind | 'answers', number>> = {
  failure: 0.4,
  slow: 0.2,
  truth: 0.35,
  answers: 0.05,
};
/** Of a kind's part, what belongs to the whole traffic where there are segments or classes besides. */
const WHOLE = 0.6;

/** The chance of error of each of the checks of answers whose truth is not known: three, of which two may take back. */
export const levelOfAnswers = ({ takeBackLevel }: JudgeRules): number => (takeBackLevel * BUDGET.answers) / 3;

/** A metric's place in the error budget. */
export interface Budgeted {
  readonly kind: JudgedKind;
  /** Of a segment or class, instead of the whole traffic. */
  readonly part: boolean;
}

/**
 * The chance of error that each of several comparisons may have, so that all together have that of the budget.
 *
 * @param total of all of them, over all looks
 */
export function budgetLevels(total: number, comparisons: readonly Budgeted[]): number[] {
  const alike = (a: Budgeted, b: Budgeted): boolean => a.kind === b.kind && a.part === b.part;
  return comparisons.map((own) => {
    const parts = comparisons.some(({ kind, part }) => kind === own.kind && part);
    const whole = parts ? WHOLE : 1;
    const share = own.part ? 1 - whole : whole;
    return (total * BUDGET[own.kind] * share) / comparisons.filter((each) => alike(each, own)).length;
  });
}
