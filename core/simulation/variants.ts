import * as z from 'zod';
import { Expectation } from './expectation.ts';
import { DEFAULT_VERSIONS, ScenarioFields } from './scenario-fields.ts';

/** One of several scenarios of a file, by what is different in it. */
export const ScenarioVariant = z.strictObject({
  name: z.string().min(1).max(60).describe('What it is called in results'),
  note: z.string().optional().describe('What one should know of its result. Unless said: that of the file'),
  set: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Values by their place in the file, such as `traffic.rate` or `versions.1.failures`'),
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

/** A place in a scenario that does not exist. */
export class ScenarioPathError extends Error {
  override readonly name = 'ScenarioPathError';
}

/** The content of a file with a variant's values in their places; not checked yet. */
export function contentOfVariant(content: Readonly<Record<string, unknown>>, variant: ScenarioVariant): unknown {
  const { variants: _, ...own } = content;
  const changed = Object.entries(variant.set).reduce<unknown>((at, [path, value]) => withValueAt(at, path, value), own);
  const { note, expect } = variant;
  return { ...(changed as object), ...(note === undefined ? {} : { note }), ...(expect ? { expect } : {}) };
}

/** The content with a value put at a path; what is missing on the way is made. @throws ScenarioPathError */
export function withValueAt(content: unknown, path: string, value: unknown): unknown {
  const copy = structuredClone(content);
  const parts = path.split('.');
  // Versions that a file leaves unsaid are there all the same.
  if (parts[0] === 'versions' && typeof copy === 'object' && copy !== null && !('versions' in copy))
    Object.assign(copy, { versions: structuredClone(DEFAULT_VERSIONS) });
  let at = copy as Record<string, unknown>;
  for (const part of parts.slice(0, -1)) {
    if (!Object.hasOwn(at, part)) at[part] = {};
    if (typeof at[part] !== 'object' || at[part] === null)
      throw new ScenarioPathError(`${path} leads through ${part}, which is ${JSON.stringify(at[part])}`);
    at = at[part] as Record<string, unknown>;
  }
  const last = parts.at(-1)!;
  if (Array.isArray(at) && !/^\d+$/.test(last))
    throw new ScenarioPathError(`${path} leads to a list, whose places are numbers from 0`);
  Object.defineProperty(at, last, { value, enumerable: true, configurable: true, writable: true });
  return copy;
}
