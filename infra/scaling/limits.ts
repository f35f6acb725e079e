/** What the services take, as far as the constructs let it be chosen. Numbers of AWS, not wishes. */
export const LIMITS = {
  /** Memory of a function, whole MB. */
  memoryMb: { min: 128, max: 10_240 },
  /** DuckDB is given 1,024 MB and goes about 100 MB over; below this the validation is killed on large files. */
  validationMemoryMb: { min: 1_536, max: 10_240 },
  /** An HTTP API gives up after 30 s and answers 503 for a function that would still have answered: one less. */
  endpointTimeoutSeconds: { min: 1, max: 29 },
  /** 0 would shut the function off, which is what reserved concurrency is used for in an emergency, by hand. */
  reservedConcurrency: { min: 1, max: 100_000 },
  /** With 0, a deployment while nothing is provisioned fails: CloudFormation does not find what it is to change. */
  provisionedConcurrency: { min: 1, max: 100_000 },
  /** What target tracking takes. */
  targetUtilization: { min: 0.1, max: 0.9 },
  /** Executions at once for one event source of a queue. */
  queueConcurrency: { min: 2, max: 1_000 },
  /** Requests a second that the stage of an HTTP API lets through. */
  rateLimit: { min: 1, max: 100_000 },
} as const satisfies Record<string, LimitRange>;

/** Both ends inclusive. */
export interface LimitRange {
  readonly min: number;
  readonly max: number;
}
