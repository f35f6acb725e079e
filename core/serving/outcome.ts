import type { BusinessMetric } from '../manifest/business.ts';

/** The value of one business metric for one prediction. */
export interface OutcomeRecord {
  /** Prediction id; `ID#r` for row r of a batch. */
  readonly id: string;
  readonly metric: string;
  readonly value: number;
  /** When it was observed, ISO 8601 in UTC; it tells several values of one prediction and metric apart. */
  readonly at?: string;
}

/** Seldon's reward needs no declaration: its clients send one without being asked. */
const REWARD: BusinessMetric = { name: 'reward', higherIsBetter: true };

/** The business metrics that a model accepts: those of its manifest, and the reward that every model accepts. */
export const declared = (business: readonly BusinessMetric[] = []): readonly BusinessMetric[] =>
  business.some(({ name }) => name === REWARD.name) ? business : [...business, REWARD];

/** The reason why a model does not accept an outcome; undefined when it does. */
export function outcomeFault(
  business: readonly BusinessMetric[] | undefined,
  { metric, value }: Pick<OutcomeRecord, 'metric' | 'value'>,
): string | undefined {
  const metrics = declared(business);
  const found = metrics.find(({ name }) => name === metric);
  if (found === undefined)
    return `metric ${metric.slice(0, 40)} is not declared in monitoring.business, expected ${metrics.map(({ name }) => name).join(', ')}`;
  const { min, max } = found;
  if ((min !== undefined && value < min) || (max !== undefined && value > max))
    return `value ${value} of ${metric} is not allowed, expected ${min ?? 'any'} to ${max ?? 'any'}`;
  return undefined;
}

/** Longest instant: nanoseconds and an offset. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

/** What is wrong with an instant that is none. */
export const NO_INSTANT = 'at is not an instant such as 2026-01-31T12:00:00Z';

/** Whether a value is an instant, ISO 8601 in UTC. */
export const isInstant = (value: unknown): value is string =>
  typeof value === 'string' && INSTANT.test(value) && !Number.isNaN(Date.parse(value));

/** Parses an outcome. @returns the record, or what is wrong with the value */
export function parseOutcome(
  value: Readonly<Record<string, unknown>>,
): { readonly record: OutcomeRecord } | { readonly fault: string } {
  const { id, metric, value: worth, at } = value;
  if (typeof id !== 'string' || id === '' || id.length > 300)
    return { fault: 'id is not a string of 1 to 300 characters' };
  if (typeof metric !== 'string' || metric === '') return { fault: 'metric is not the name of a metric' };
  if (typeof worth !== 'number' || !Number.isFinite(worth)) return { fault: 'value is not a number' };
  if (at === undefined) return { record: { id, metric, value: worth } };
  if (!isInstant(at)) return { fault: NO_INSTANT };
  return { record: { id, metric, value: worth, at } };
}
