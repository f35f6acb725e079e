import * as z from 'zod';
import type { Capture } from '../captures/capture.ts';
import { ModelName } from '../model/names.ts';
import { ownValue } from '../model/own-value.ts';
import { Count } from './bin-counts.ts';
import { Hour, hourOf } from './hour-tallies.ts';

const Amount = z.number().min(0);

/** Requests of the six times ten minutes of an hour: what began a moment ago would be lost in an hour. */
const Sixths = z.array(Amount).length(6);

/** What was wrong with one feature of the rows that a version was sent. */
export const FeatureInputs = z.strictObject({
  /** Rows of which it is known whether it was there. */
  rows: Count,
  missing: Count,
  /** Values that broke the contract, by rule; in requests that were refused, too. */
  violations: z.record(z.string(), Count),
  /** Requests, and the shares of their values that were missing or broke the contract, summed: a batch is one of them. */
  requests: z.strictObject({ n: Amount, missing: Amount, broken: Amount }).optional(),
  /** Of the requests what was missing or broken, by ten minutes; absent: nothing. */
  sixths: Sixths.optional(),
});
export type FeatureInputs = z.infer<typeof FeatureInputs>;

/** What one version was sent in an hour, as far as it was captured. */
export const VersionInputs = z.strictObject({
  rows: Count,
  /** Requests by ten minutes. */
  sixths: Sixths.optional(),
  features: z.record(z.string(), FeatureInputs),
});
export type VersionInputs = z.infer<typeof VersionInputs>;

/** Inputs by version (as a key is written). */
export const InputsByVersion = z.record(z.string().regex(/^[1-9]\d*$/), VersionInputs);
export type InputsByVersion = z.infer<typeof InputsByVersion>;

/**
 * What captures that were delivered in one hour hold of inputs. Written with the objects that were counted, so that each
 * is counted once; made anew when one of them has changed.
 */
export const DeliveredInputs = z.strictObject({
  schemaVersion: z.literal(1),
  /** Key -> etag of the capture objects that are counted. */
  objects: z.record(z.string(), z.string()),
  /** Whether it was counted so late that no more captures come. */
  complete: z.boolean(),
  /** Model -> hour of the prediction -> version. */
  models: z.record(ModelName, z.record(Hour, InputsByVersion)),
});
export type DeliveredInputs = z.infer<typeof DeliveredInputs>;

export const noInputs = (): DeliveredInputs => ({ schemaVersion: 1, objects: {}, complete: false, models: {} });

/** Where the inputs are kept of captures that were delivered in an hour; of all models. */
export const inputsKey = (delivered: Hour): string => `quality/_inputs/${delivered}.json`;

/** Inputs of one capture cannot be counted. */
export class InputsError extends Error {
  override readonly name = 'InputsError';
  constructor({ model, version }: Pick<Capture, 'model' | 'version'>, feature: string, cause: unknown) {
    super(
      `inputs of ${model} ${version}, feature ${feature}, cannot be counted: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    );
  }
}

/**
 * Counts what captures hold of inputs, in place. Shadows see copies, and count nothing.
 *
 * @returns why captures are left out that cannot be counted: what is wrong with those of one model keeps no other from
 * being counted
 */
export function addCaptures(inputs: DeliveredInputs, captures: Iterable<Capture>): InputsError[] {
  const faults: InputsError[] = [];
  const unread = new UnreadValues();
  for (const capture of captures) {
    if (capture.variant === 'shadow') continue;
    const counted = inputsOf(capture, unread);
    if (counted instanceof InputsError) {
      faults.push(counted);
      continue;
    }
    const hours = member(inputs.models, capture.model, () => ({}));
    const versions = member(hours, hourOf(capture.at), () => ({}));
    addTo(
      member(versions, String(capture.version), () => ({ rows: 0, features: {} })),
      counted,
    );
  }
  return faults;
}

/**
 * Values that captures have nothing of, though something was there: they broke the contract and are not missing. Of a
 * request that is spread over several lines the first says how many, so the others are looked at behind it.
 */
class UnreadValues {
  readonly #left = new Map<string, number>();

  add(capture: Capture): void {
    for (const { feature, unread = 0 } of capture.findings ?? []) {
      const key = keyOf(capture, feature);
      if (unread > 0) this.#left.set(key, (this.#left.get(key) ?? 0) + unread);
    }
  }

  /** How many of the nulls of a feature in one line they are. */
  take(capture: Capture, feature: string, nulls: number): number {
    if (this.#left.size === 0) return 0;
    const key = keyOf(capture, feature);
    const left = this.#left.get(key) ?? 0;
    const taken = Math.min(left, nulls);
    if (taken < left && capture.first !== undefined) this.#left.set(key, left - taken);
    else this.#left.delete(key);
    return taken;
  }
}

const keyOf = ({ model, version, variant, id, at }: Capture, feature: string): string =>
  [model, version, variant, id, at, feature].join('\n');

function inputsOf(capture: Capture, unread: UnreadValues): VersionInputs | InputsError {
  const counts: VersionInputs = { rows: capture.rows, sixths: inSixth(capture.at, 1), features: {} };
  const of = (name: string): FeatureInputs => member(counts.features, name, noFeature);
  let current = '';
  try {
    for (const [name, values] of Object.entries(capture.features)) {
      current = name;
      const feature = of(name);
      feature.rows += values.length;
      for (const value of values) if (value === null) feature.missing++;
    }
    unread.add(capture);
    for (const [name, feature] of Object.entries(counts.features))
      feature.missing -= unread.take(capture, name, feature.missing);
    for (const { feature, rule, count } of capture.findings ?? []) {
      current = feature;
      const { violations } = of(feature);
      violations[rule] = (ownValue(violations, rule) ?? 0) + count;
    }
  } catch (error) {
    return new InputsError(capture, current, error);
  }
  for (const feature of Object.values(counts.features)) {
    const violations = Object.values(feature.violations).reduce((sum, count) => sum + count, 0);
    const all = Math.max(1, capture.rows, feature.rows);
    const [missing, broken] = [feature.missing / all, Math.min(1, violations / all)];
    feature.requests = { n: 1, missing, broken };
    if (missing + broken > 0) feature.sixths = inSixth(capture.at, Math.min(1, missing + broken));
  }
  return counts;
}

const SIXTH_MS = 600_000;

/** A count at the ten minutes of its hour that an instant is in. */
export function inSixth(at: string, count: number): number[] {
  const sixths = [0, 0, 0, 0, 0, 0];
  sixths[Math.floor(Date.parse(at) / SIXTH_MS) % 6] = count;
  return sixths;
}

type RequestShares = NonNullable<FeatureInputs['requests']>;

const NO_REQUESTS: RequestShares = { n: 0, missing: 0, broken: 0 };

const addRequests = (a: RequestShares, b: RequestShares): RequestShares => ({
  n: a.n + b.n,
  missing: a.missing + b.missing,
  broken: a.broken + b.broken,
});

const addSixths = (a: readonly number[] | undefined, b: readonly number[]): number[] =>
  a === undefined ? [...b] : a.map((count, i) => count + b[i]!);

/** The member of a record, made when it is new. */
function member<T>(record: Record<string, T>, name: string, make: () => T): T {
  const known = ownValue(record, name);
  if (known !== undefined) return known;
  const made = make();
  record[name] = made;
  return made;
}

export function mergeInputs(a: VersionInputs, b: VersionInputs): VersionInputs {
  const merged = structuredClone(a);
  addTo(merged, b);
  return merged;
}

function addTo(counts: VersionInputs, more: VersionInputs): void {
  counts.rows += more.rows;
  if (more.sixths !== undefined) counts.sixths = addSixths(counts.sixths, more.sixths);
  for (const [name, { rows, missing, violations, requests, sixths }] of Object.entries(more.features)) {
    const feature = member(counts.features, name, noFeature);
    feature.rows += rows;
    feature.missing += missing;
    if (requests !== undefined) feature.requests = addRequests(feature.requests ?? NO_REQUESTS, requests);
    if (sixths !== undefined) feature.sixths = addSixths(feature.sixths, sixths);
    for (const [rule, count] of Object.entries(violations))
      feature.violations[rule] = (ownValue(feature.violations, rule) ?? 0) + count;
  }
}

const noFeature = (): FeatureInputs => ({ rows: 0, missing: 0, violations: {} });
