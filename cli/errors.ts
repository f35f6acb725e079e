/** The command was understood, and what it checked failed: exit status 1. */
export class CheckFailedError extends Error {
  override readonly name = 'CheckFailedError';
}

/** The command was not understood, or names what is not there: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
