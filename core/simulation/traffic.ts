import * as z from 'zod';
import { Moment, PositiveDuration } from './duration.ts';
import { VaryingShare, varying, varyingAmount } from './varying.ts';

/** Requests a second, rows a request: beyond it counts would stop being exact. */
const MAX_RATE = 1e7;
const MAX_ROWS = 100_000;

const Burst = z
  .strictObject({
    at: Moment.describe('When they come'),
    every: PositiveDuration.optional().describe('Come again after so long …'),
    until: Moment.optional().describe('… and for the last time before this moment'),
    requests: z.int().min(1).max(1e6).default(1).describe('How many requests come at once'),
    rows: z.int().min(1).max(MAX_ROWS).default(1).describe('Rows of each request: more than 1 is a batch'),
    to: z
      .string()
      .optional()
      .describe('The version that their routing key leads to; absent: they are spread as other requests are'),
    named: z
      .boolean()
      .default(false)
      .describe('Whether they name the version `to` in their path, instead of being routed'),
    outcome: z
      .enum(['right', 'wrong', 'failed', 'invalid'])
      .describe('What becomes of them: invalid ones break the contract and are refused with 400'),
    failsEverywhere: z
      .boolean()
      .optional()
      .describe('Failed ones that are asked again: whether every version fails them. Unless said: true'),
  })
  .refine(({ named, to }) => !named || to !== undefined, { path: ['to'], message: 'named requests need the version' })
  .refine(({ every, until }) => until === undefined || every !== undefined, {
    path: ['until'],
    message: 'says until when they come again, and needs `every`',
  });
export type Burst = z.infer<typeof Burst>;

const Feature = z.strictObject({
  missing: VaryingShare.prefault(0).describe('Share of rows in which it is empty'),
  shift: varying(z.number().min(-10).max(10))
    .prefault(0)
    .describe('How far its mean is off that of the reference, in standard deviations'),
});

/** Who asks, how often, about what. */
export const TrafficDescription = z.strictObject({
  rate: varyingAmount(MAX_RATE).prefault(1).describe('Requests a second, over all versions'),
  arrivals: z
    .enum(['random', 'regular'])
    .default('random')
    .describe('Whether requests come at random (Poisson) or evenly, and go to versions likewise'),
  daily: z
    .array(z.number().min(0).max(1_000))
    .length(24)
    .optional()
    .describe('Factor of the rate at each hour of the day, from time 0 on'),
  rows: z.int().min(1).max(MAX_ROWS).default(1).describe('Rows of a request'),
  callers: z
    .strictObject({
      count: z.int().min(1).max(100_000).describe('How many there are, all as busy'),
    })
    .optional()
    .describe(
      'Callers that send a routing key each, and so stick to a version; absent: each request is routed by itself',
    ),
  positives: VaryingShare.optional().describe('Binary: share of rows that are truly positive. Unless said: 0.5'),
  classes: z
    .array(z.number().min(0).max(1))
    .min(2)
    .max(100)
    .optional()
    .describe('Multiclass: share of each true class; they sum to 1. Unless said: all alike'),
  values: z
    .strictObject({
      mean: z.number().min(-1e9).max(1e9).default(0).describe('Mean'),
      deviation: z.number().min(0).max(1e9).default(1).describe('Standard deviation'),
    })
    .optional()
    .describe('Regression: the true values, normally distributed. Unless said: mean 0, deviation 1'),
  segments: z
    .record(z.string().min(1), z.number().gt(0).max(1))
    .default({})
    .describe('Segments by name, with their share of the rows; the rest is in none'),
  features: z
    .record(z.string(), Feature)
    .default({})
    .describe('Numeric inputs by name, as drift detection sees them; where there is none, it does not run'),
  bursts: z
    .array(Burst)
    .max(1_000)
    .default([])
    .describe('Requests that come on top: retries, batches, named versions, faults'),
});
