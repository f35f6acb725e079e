import { LONGEST_STRING } from '../captures/capture.ts';
import type { Contract, Feature } from '../contract/contract.ts';
import { hasFewValues, MAX_SEGMENT_VALUES, type SegmentSettings } from '../manifest/segments.ts';
import { ownValue } from '../model/own-value.ts';
import { binOf } from '../profile/bins.ts';
import type { ColumnValue } from '../profile/count.ts';
import type { Profile } from '../profile/profile.ts';

/** Name of the segment that everything is part of. */
export const ALL = '';

/** Names of the segments that a row is part of, by the values of its features: {@link ALL}, and one a feature. */
export type Segmenter = (features: Readonly<Record<string, ColumnValue | undefined>>) => string[];

/**
 * Compiles a manifest's segments. Which values have one of their own does not depend on what comes, so that tallies of
 * different hours merge: the contract's `allowed`, a range of at most 100 whole numbers, else the 100 most frequent
 * values of the baseline. Whatever else comes is `(other)`.
 */
export function compileSegments(
  settings: readonly SegmentSettings[],
  contract: Contract,
  profile: Profile | undefined,
): Segmenter {
  const named = settings.map(({ feature, edges }) => ({
    feature,
    nameOf:
      edges === undefined ? valueNames(feature, contract, profile) : (value: ColumnValue) => rangeName(edges, value),
  }));
  return (features) => [
    ALL,
    ...named.map(({ feature, nameOf }) => {
      const value = ownValue(features, feature) ?? null;
      return `${feature}=${isMissing(value) ? '(missing)' : nameOf(value)}`;
    }),
  ];
}

/** As captures may write them. */
const BOOLEANS: ReadonlyMap<ColumnValue, boolean> = new Map([
  [0, false],
  [1, true],
]);

/** Captures cut long strings, so that longer ones which begin alike are one segment. */
const asCaptured = (value: ColumnValue): string => String(value).slice(0, LONGEST_STRING);

const isMissing = (value: ColumnValue): boolean => value === null || value === '' || Number.isNaN(value);

function valueNames(
  name: string,
  { features }: Contract,
  profile: Profile | undefined,
): (value: ColumnValue) => string {
  const feature = features.find((each) => each.name === name);
  if (feature?.type === 'boolean') return (value) => String(BOOLEANS.get(value) ?? value);
  const column = ownValue(profile?.columns ?? {}, name);
  const categories = column?.kind === 'categorical' ? column.categories : [];
  const values = new Set(
    (feature?.allowed ?? wholeNumbers(feature) ?? categories).slice(0, MAX_SEGMENT_VALUES).map(asCaptured),
  );
  return (value) => (values.has(asCaptured(value)) ? asCaptured(value) : '(other)');
}

/** The values of an integer that has a small range; undefined of any other feature. */
function wholeNumbers(feature: Feature | undefined): number[] | undefined {
  const { type, min, max } = feature ?? {};
  if (feature === undefined || type !== 'integer' || !hasFewValues(feature)) return undefined;
  const from = Math.ceil(Number(min));
  return Array.from({ length: Math.max(0, Math.floor(Number(max)) - from + 1) }, (_, i) => from + i);
}

function rangeName(edges: readonly number[], value: ColumnValue): string {
  const number = Number(value);
  if (Number.isNaN(number)) return '(other)';
  const bin = binOf(edges, number);
  if (bin === 0) return `<${edges[0]}`;
  return bin === edges.length ? `>=${edges.at(-1)}` : `${edges[bin - 1]}..${edges[bin]}`;
}
