/** Ranges of the scaling settings: limits of AWS's services, narrowed where the comment says so. */
export const LIMITS = {
  /** Memory of a function, whole MB. */
  memoryMb: { min: 128, max: 10_240 },
  /** Temporary folder of a function (ephemeral storage), whole MB. */
  temporaryMb: { min: 512, max: 10_240 },
  /** DuckDB is limited to 1,024 MB and exceeds that by about 100 MB; with less memory, large files kill the function. */
  validationMemoryMb: { min: 1_536, max: 10_240 },
  /** An HTTP API waits 30 s for a function and then answers 503; the function must end before that. */
  endpointTimeoutSeconds: { min: 1, max: 29 },
  /** 0 would stop the function, which is done by hand in an emergency. */
  reservedConcurrency: { min: 1, max: 100_000 },
  /** Executions kept for each function that takes releases back: 0 are none; more than some are taken from all others. */
  keptExecutions: { min: 0, max: 1_000 },
  /** With 0, a deployment fails while nothing is provisioned: CloudFormation does not find what to update. */
  provisionedConcurrency: { min: 1, max: 100_000 },
  /** Limits of target tracking. */
  targetUtilization: { min: 0.1, max: 0.9 },
  /** Concurrent executions for one queue as an event source. */
  queueConcurrency: { min: 2, max: 1_000 },
  /** Rate limit of an HTTP API's stage, in requests per second. */
  rateLimit: { min: 1, max: 100_000 },
} as const satisfies Record<string, LimitRange>;

/** A range, both ends inclusive. */
export interface LimitRange {
  readonly min: number;
  readonly max: number;
}
