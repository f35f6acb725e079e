import * as z from 'zod';
import type { Violation } from './violation.ts';

/** What a violation of a rule does to a request. */
export const ViolationPolicy = z.enum(['reject', 'clamp', 'flag']);
export type ViolationPolicy = z.infer<typeof ViolationPolicy>;

/** Of a rule that names no nearest value. */
const Unclamped = ViolationPolicy.exclude(['clamp']).optional();
const Clamped = ViolationPolicy.optional();

/** One policy for all rules of a whole tensor, or one a rule. */
export const TensorViolation = z.union([
  ViolationPolicy,
  z
    .strictObject({
      finite: Unclamped.describe('Of elements that are NaN or infinite.'),
      min: Clamped.describe('Of elements below `min`.'),
      max: Clamped.describe('Of elements above `max`.'),
      maxLength: Clamped.describe('Of strings longer than `maxLength`.'),
    })
    .describe('A policy a rule; rules that are not named reject.'),
]);
export type TensorViolation = z.infer<typeof TensorViolation>;

/** One policy for all rules of a feature, or one a rule. */
export const FeatureViolation = z.union([
  ViolationPolicy,
  z
    .strictObject({
      missing: Unclamped.describe('Of missing values, where `missing` rejects them.'),
      type: Unclamped.describe('Of values of another type.'),
      finite: Unclamped.describe('Of infinite numbers.'),
      min: Clamped.describe('Of values below `min`.'),
      max: Clamped.describe('Of values above `max`.'),
      maxLength: Clamped.describe('Of strings longer than `maxLength`.'),
      allowed: Unclamped.describe('Of values that are not among `allowed`.'),
    })
    .describe('A policy a rule; rules that are not named reject.'),
]);
export type FeatureViolation = z.infer<typeof FeatureViolation>;

/** The policy for one rule. */
export const policyFor = (stated: FeatureViolation | TensorViolation, rule: Violation['rule']): ViolationPolicy =>
  typeof stated === 'string'
    ? stated
    : ((stated as { readonly [Rule in Violation['rule']]?: ViolationPolicy | undefined })[rule] ?? 'reject');

/** Lets what breaks these rules through, and rejects by all others: {} where there are none. */
export const flagging = (rules: {
  readonly min?: number | string | undefined;
  readonly max?: number | string | undefined;
  readonly maxLength?: number | undefined;
}): { onViolation?: TensorViolation & FeatureViolation } => {
  const names = Object.keys(rules);
  return names.length === 0 ? {} : { onViolation: Object.fromEntries(names.map((name) => [name, 'flag'])) };
};
