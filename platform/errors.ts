/** Base of everything a home refuses or fails at. */
export class PlatformError extends Error {
  override readonly name: string = 'PlatformError';
}

/** There is no object under the key (or no such version of it). */
export class ObjectNotFoundError extends PlatformError {
  override readonly name = 'ObjectNotFoundError';
  constructor(
    readonly key: string,
    options?: ErrorOptions,
  ) {
    super(`no object under ${key}`, options);
  }
}

/** Metrics of another environment were asked for: two in one account and region have nothing to do with each other. */
export class ForeignMetricError extends PlatformError {
  override readonly name = 'ForeignMetricError';
  constructor(
    readonly own: string,
    readonly asked: string,
  ) {
    super(`environment ${own} reads its own metrics alone, received a query for those of ${asked}`);
  }
}
