/**
 * Settings of every client: the SDK waits for ever by default, which in a function means until the function itself
 * runs out of time, with nothing in the log.
 */
export const clientConfig = (requestMs: number) =>
  ({
    maxAttempts: 4,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: 2_000, requestTimeout: requestMs, throwOnRequestTimeout: true },
  }) as const;

/** For bodies that take as long as they take: only silence ends the wait. */
export const streamingConfig = {
  maxAttempts: 4,
  retryMode: 'standard',
  requestHandler: { connectionTimeout: 2_000, socketTimeout: 20_000 },
} as const;
