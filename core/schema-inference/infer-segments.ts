import type { Contract } from '../contract/contract.ts';
import { hasFewValues, type SegmentSettings } from '../manifest/segments.ts';
import { ownValue } from '../model/own-value.ts';
import type { Profile } from '../profile/profile.ts';

/** Ranges that a number is divided into. */
const RANGES = 4;

/** Features as segments: each value one, or of numbers with many values ranges of about as many rows each. */
export const inferSegments = (
  { features }: Pick<Contract, 'features'>,
  profile: Profile,
  names: readonly string[],
): SegmentSettings[] =>
  names.map((name): SegmentSettings => {
    const feature = features.find((each) => each.name === name);
    const column = ownValue(profile.columns, name);
    const numeric = feature?.type === 'float' || feature?.type === 'integer';
    if (feature === undefined || column?.kind !== 'numeric' || !numeric) return { feature: name };
    if (feature.type === 'integer' && hasFewValues(feature)) return { feature: name };
    const edges = edgesOf(column.edges);
    return edges.length === 0 ? { feature: name } : { feature: name, edges };
  });

/** Some of the edges of bins that hold about as many rows each. */
const edgesOf = (edges: readonly number[]): number[] => [
  ...new Set(
    Array.from({ length: RANGES - 1 }, (_, i) => edges[Math.round(((i + 1) * (edges.length + 1)) / RANGES) - 1]).filter(
      (edge) => edge !== undefined,
    ),
  ),
];
