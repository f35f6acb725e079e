import * as z from 'zod';
import { Expectation } from './expectation.ts';
import { withValues } from './places.ts';
import { ScenarioFields } from './scenario-fields.ts';

/** One of several scenarios of a file, by what is different in it. */
export const ScenarioVariant = z.strictObject({
  name: z.string().min(1).max(60).describe('What it is called in results'),
  note: z.string().optional().describe('What one should know of its result. Unless said: that of the file'),
  set: z
    .record(z.string(), z.unknown())
    .default({})
    .describe(
      'Values by their place in the file, such as `traffic.rate`, `versions.1.failures` or, by name, `versions.canary.failures`',
    ),
  expect: Expectation.optional().describe('What must come out. Unless said: that of the file'),
});
export type ScenarioVariant = z.infer<typeof ScenarioVariant>;

/** What a scenario file holds: a scenario, or several that differ in a few values. */
export const ScenarioFile = ScenarioFields.extend({
  variants: z
    .array(ScenarioVariant)
    .min(1)
    .max(1_000)
    .refine((variants) => new Set(variants.map(({ name }) => name)).size === variants.length, 'names must be unique')
    .optional()
    .describe('Scenarios that differ in a few values: each is played instead of the file’s own'),
}).meta({ title: 'Trimtab simulation scenario', id: 'scenario.json' });

/** The content of a file with a variant's values in their places; not checked yet. @throws ScenarioPathError */
export function contentOfVariant(content: Readonly<Record<string, unknown>>, variant: ScenarioVariant): unknown {
  const { variants: _, ...own } = content;
  const { note, expect, set } = variant;
  const changed = withValues(own, Object.entries(set));
  return { ...changed, ...(note === undefined ? {} : { note }), ...(expect ? { expect } : {}) };
}
