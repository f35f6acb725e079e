import * as z from 'zod';
import type { Capture } from '../captures/capture.ts';
import { ModelName } from '../model/names.ts';
import { Count } from './bin-counts.ts';
import { Hour, hourOf } from './hour-tallies.ts';

/** What was wrong with one feature of the rows that a version was sent. */
export const FeatureInputs = z.strictObject({
  /** Rows of which it is known whether it was there. */
  rows: Count,
  missing: Count,
  /** Values that broke the contract, by rule; in requests that were refused, too. */
  violations: z.record(z.string(), Count),
});
export type FeatureInputs = z.infer<typeof FeatureInputs>;

/** What one version was sent in an hour, as far as it was captured. */
export const VersionInputs = z.strictObject({
  rows: Count,
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

/** Counts what a capture holds of inputs, in place. Shadows see copies, and count nothing. */
export function addInputs(inputs: DeliveredInputs, capture: Capture): void {
  const { model, version, variant, at, rows, features, findings = [] } = capture;
  if (variant === 'shadow') return;
  const hours = member(inputs.models, model, () => ({}));
  const versions = member(hours, hourOf(at), () => ({}));
  const counts = member(versions, String(version), () => ({ rows: 0, features: {} }));
  counts.rows += rows;
  const of = (name: string): FeatureInputs =>
    member(counts.features, name, () => ({ rows: 0, missing: 0, violations: {} }));
  for (const [name, values] of Object.entries(features)) {
    const feature = of(name);
    feature.rows += values.length;
    for (const value of values) if (value === null) feature.missing++;
  }
  for (const { feature, rule, count } of findings) {
    const { violations } = of(feature);
    violations[rule] = (violations[rule] ?? 0) + count;
  }
}

/** The member of a record, made when it is new. */
function member<T>(record: Record<string, T>, name: string, make: () => T): T {
  const known = record[name];
  if (known !== undefined) return known;
  const made = make();
  record[name] = made;
  return made;
}

export function mergeInputs(a: VersionInputs, b: VersionInputs): VersionInputs {
  const features = { ...a.features };
  for (const [name, other] of Object.entries(b.features)) {
    const known = features[name];
    features[name] = known === undefined ? other : mergeFeature(known, other);
  }
  return { rows: a.rows + b.rows, features };
}

function mergeFeature(a: FeatureInputs, b: FeatureInputs): FeatureInputs {
  const violations = { ...a.violations };
  for (const [rule, count] of Object.entries(b.violations)) violations[rule] = (violations[rule] ?? 0) + count;
  return { rows: a.rows + b.rows, missing: a.missing + b.missing, violations };
}
