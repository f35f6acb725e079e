import * as z from 'zod';
import type { Feature } from '../contract/contract.ts';

/** Values of one feature that are told apart at most; the rest is one segment. */
export const MAX_SEGMENT_VALUES = 100;

/** Whether a whole number's contract leaves so few values that each may be a segment. */
export const hasFewValues = ({ allowed, min, max }: Pick<Feature, 'allowed' | 'min' | 'max'>): boolean =>
  allowed !== undefined ||
  (typeof min === 'number' &&
    typeof max === 'number' &&
    Math.max(-min, max) <= Number.MAX_SAFE_INTEGER &&
    max - min < MAX_SEGMENT_VALUES);

/** A feature by which quality is told apart: its values, or of numbers the ranges between edges. */
export const SegmentSettings = z.strictObject({
  feature: z.string().min(1).describe('Name of a feature of the contract that is not personal.'),
  edges: z
    .array(z.number())
    .min(1)
    .max(20)
    .refine((edges) => edges.every((edge, i) => i === 0 || edge > edges[i - 1]!), 'edges must ascend')
    .optional()
    .describe(
      'Ranges of a number, by their inner edges: `[10, 20]` makes `<10`, `10–20` (10 included), `≥20`. Left out: each value is a segment, which features of type string and boolean may have, and integers of few values (`allowed`, or `min` and `max` at most 100 apart).',
    ),
});
export type SegmentSettings = z.infer<typeof SegmentSettings>;

/**
 * `monitoring.segments`: what quality is told apart by, each by itself (`carrier=UA`, `origin=JFK`, not both at once).
 * Segments share the budget of false alarms: a hundred of them cost about 1.6 times the samples.
 */
export const Segments = z
  .array(SegmentSettings)
  .max(10)
  .refine((all) => new Set(all.map(({ feature }) => feature)).size === all.length, 'a feature is named twice');
export type Segments = z.infer<typeof Segments>;
