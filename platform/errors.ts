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
