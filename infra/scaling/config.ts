import * as z from 'zod';
import { endpointProblems, validationProblems } from './check.ts';

const Provisioned = z.strictObject({
  min: z.number(),
  max: z.number(),
  targetUtilization: z.number().optional(),
  schedule: z
    .array(z.strictObject({ cron: z.string(), timeZone: z.string().optional(), min: z.number(), max: z.number() }))
    .optional(),
});

/** `endpoint` of trimtab.config.json: how what answers predictions scales. docs/scaling.md */
export const EndpointConfig = z
  .strictObject({
    /** Memory of the inference function, MB; one virtual CPU comes with 1,769. */
    memoryMb: z.number().optional(),
    /** Most executions at once; unreserved by default. */
    reservedConcurrency: z.number().optional(),
    /** Executions that are kept ready; none by default. */
    provisionedConcurrency: Provisioned.optional(),
    /** How a change of code takes over: `canary` by default, `all-at-once` with provisioned concurrency. */
    codeDeployment: z.enum(['canary', 'linear', 'all-at-once']).optional(),
    /** Requests a second, over all callers. */
    rateLimit: z.number().optional(),
  })
  .check(({ value, issues }) => {
    const gradual = value.codeDeployment !== undefined && value.codeDeployment !== 'all-at-once';
    for (const message of endpointProblems({ ...value, gradual }))
      issues.push({ code: 'custom', message, input: value });
  });
export type EndpointConfig = z.infer<typeof EndpointConfig>;

/** Files judged at once, when nothing is said. */
export const VALIDATION_CONCURRENCY = 5;

/** `validation` of trimtab.config.json: how what judges data files scales. */
export const ValidationConfig = z
  .strictObject({
    /** Memory of the validation function, MB. */
    memoryMb: z.number().optional(),
    /** Most executions of the validation function at once; unreserved by default. */
    reservedConcurrency: z.number().optional(),
    /** Files judged at once. */
    maxConcurrency: z.number().default(VALIDATION_CONCURRENCY),
  })
  .check(({ value, issues }) => {
    for (const message of validationProblems(value)) issues.push({ code: 'custom', message, input: value });
  });
export type ValidationConfig = z.infer<typeof ValidationConfig>;
