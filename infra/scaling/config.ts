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

/** `endpoint` of trimtab.config.json: scaling of the endpoint (docs/scaling.md). */
export const EndpointConfig = z
  .strictObject({
    /** Memory of the inference function, MB; 1,769 MB come with one virtual CPU. */
    memoryMb: z.number().optional(),
    /**
     * Temporary folder of the inference function (ephemeral storage), MB: the files of all versions that have traffic, and
     * of one that follows. Replays have as much. 2,048 by default.
     */
    temporaryMb: z.number().optional(),
    /** Reserved concurrency; none by default. */
    reservedConcurrency: z.number().optional(),
    /** Execution environments that are kept ready; none by default. */
    provisionedConcurrency: Provisioned.optional(),
    /** How traffic is moved to new code: `canary` by default, `all-at-once` with provisioned concurrency. */
    codeDeployment: z.enum(['canary', 'linear', 'all-at-once']).optional(),
    /** Rate limit for all callers together, in requests per second. */
    rateLimit: z.number().optional(),
  })
  .check(({ value, issues }) => {
    const gradual = value.codeDeployment !== undefined && value.codeDeployment !== 'all-at-once';
    for (const message of endpointProblems({ ...value, gradual }))
      issues.push({ code: 'custom', message, input: value });
  });
export type EndpointConfig = z.infer<typeof EndpointConfig>;

/** Default number of files that are validated at once. */
export const VALIDATION_CONCURRENCY = 5;

/** `validation` of trimtab.config.json: scaling of the validation of data files. */
export const ValidationConfig = z
  .strictObject({
    /** Memory of the validation function, MB. */
    memoryMb: z.number().optional(),
    /** Temporary folder of the validation function, MB: a file packed and unpacked, and its rows. 10,240 by default. */
    temporaryMb: z.number().optional(),
    /** Reserved concurrency of the validation function; none by default. */
    reservedConcurrency: z.number().optional(),
    /** Files validated at once. */
    maxConcurrency: z.number().default(VALIDATION_CONCURRENCY),
  })
  .check(({ value, issues }) => {
    for (const message of validationProblems(value)) issues.push({ code: 'custom', message, input: value });
  });
export type ValidationConfig = z.infer<typeof ValidationConfig>;
