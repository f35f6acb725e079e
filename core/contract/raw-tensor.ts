/** One input as a protocol decoded it: flat, row-major, its elements not yet looked at, the shape agreeing with them. */
export interface RawTensor {
  readonly shape: readonly number[];
  /** JSON values (number, bigint, string, boolean, null) or a typed array. */
  readonly data: ArrayLike<unknown>;
}

/**
 * One feature's values as they came in (before clamping), for captures: NaN and '' are missing. Of 64-bit integers those
 * that no double holds are bigints.
 */
export type FeatureValues = Float64Array | readonly (number | bigint)[] | string[];
