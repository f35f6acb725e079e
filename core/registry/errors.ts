/** Base class of the registry's errors. */
export class RegistryError extends Error {
  override readonly name: string = 'RegistryError';
}

/** The state does not allow the command; the message says what the state is and what it allows. */
export class ReleaseRefusedError extends RegistryError {
  override readonly name = 'ReleaseRefusedError';
}

/** A version is not fit to be registered; the message says why. */
export class RegistrationRefusedError extends RegistryError {
  override readonly name = 'RegistrationRefusedError';
}

/** Somebody else changed the release first. */
export class ReleaseConflictError extends RegistryError {
  override readonly name = 'ReleaseConflictError';
  constructor(
    readonly model: string,
    readonly expected: number,
    readonly found: number,
    options?: ErrorOptions,
  ) {
    super(`release of ${model} is at revision ${found}, not ${expected}: read it again and retry`, options);
  }
}

/** There is no such model or version. */
export class UnknownVersionError extends RegistryError {
  override readonly name = 'UnknownVersionError';
  constructor(
    readonly model: string,
    readonly version?: number,
  ) {
    super(version === undefined ? `no model named ${model}` : `model ${model} has no version ${version}`);
  }
}

/** Nobody can vouch for entries of this home as it is. */
export class VouchingError extends RegistryError {
  override readonly name = 'VouchingError';
}
