import { createHash } from 'node:crypto';
import type { CompiledContract } from '../../core/contract/check.ts';
import { compileDisclosure, type Disclose } from '../../core/guards/disclosure.ts';
import { compileOutliers, type OutlierDetector, type OutOfDistributionFinding } from '../../core/guards/outliers.ts';
import type { Signature } from '../../core/model/signature.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import type { Baseline } from '../../core/profile/profile.ts';
import { canonical } from '../../core/registry/canonical.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import { compileInputBytes } from '../../core/serving/cache-key.ts';
import { type CacheUse, ResponseCache, type Served } from '../../core/serving/response-cache.ts';

type Outputs = Readonly<Record<string, TensorData>>;

/** What a version's manifest asks for beside its contract, compiled once; what is absent is off. */
export interface Guarding {
  readonly outliers: { readonly judge: OutlierDetector; readonly refuse: boolean } | undefined;
  readonly disclose: Disclose | undefined;
  readonly answers: PredictionCache | undefined;
}

/**
 * @param baseline of the version, where its guards want one
 * @throws RangeError when it knows none of the features
 */
export function guardingOf(
  record: ModelVersion,
  { features, summaries }: Pick<CompiledContract, 'features' | 'summaries'>,
  signature: Signature,
  baseline: Baseline | undefined,
): Guarding {
  const { guards, serving, outputs, decision } = record.manifest;
  const rule = guards?.outOfDistribution;
  if (rule !== undefined && baseline === undefined)
    throw new Error('guards.outOfDistribution holds requests against the baseline, and the version has none');
  return {
    outliers: rule && {
      judge: compileOutliers([...features, ...summaries], baseline!, rule.share),
      refuse: rule.action === 'refuse',
    },
    disclose: compileDisclosure(guards, outputs, decision),
    answers: serving.cache && new PredictionCache(new ResponseCache(serving.cache), scopeOf(record), signature),
  };
}

/** Whatever an answer depends on beside the input: versions never change, but an endpoint may be given another home. */
const scopeOf = ({ model, version, artifact, manifest }: ModelVersion): string =>
  `${model} ${version} ${artifact.digest} ${sha256(canonical(manifest.contract))}`;

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** The answers of one version that are kept, by the SHA-256 of the input: nobody can make two inputs that share one. */
export class PredictionCache {
  private readonly bytesOf: ReturnType<typeof compileInputBytes>;

  constructor(
    private readonly cache: ResponseCache,
    scope: string,
    signature: Signature,
  ) {
    this.bytesOf = compileInputBytes(scope, signature);
  }

  /** The key of what a model answers: by its input and the outputs that are wanted. */
  keyOf(tensors: Outputs, wanted: readonly string[] | undefined): string {
    return sha256(this.bytesOf(tensors, wanted));
  }

  /**
   * What is cached under a key, else what `run` gives.
   *
   * @param now milliseconds since 1970
   */
  get(key: string, use: CacheUse, now: number, run: () => Promise<Outputs>): Promise<Served> {
    return this.cache.get(key, use, now, run);
  }
}

/** What a request is refused with for rows that are unlike the baseline. */
export const outOfDistributionMessage = ({ rows, worst, share, features }: OutOfDistributionFinding): string =>
  `${rows} row(s) are unlike the data that the model was made of: row ${worst} by ${features.join(', ')}, ` +
  `as at most ${percent(share)} of that data are`;

/** The same for a header, as a dictionary (RFC 9651): how many rows, how rare the worst of them is, and by what. */
export const outOfDistributionHeader = ({ rows, worst, share, features }: OutOfDistributionFinding): string =>
  `rows=${rows}, worst=${worst}, share=${decimal(share)}, features="${features.map(encodeURIComponent).join(' ')}"`;

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;

/** RFC 9651 knows three places and no exponents; what is smaller is as good as nothing. */
const decimal = (share: number): string => share.toFixed(3);
