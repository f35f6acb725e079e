/** Versions cannot be asked about the rows that are wanted. */
export class NotReplayableError extends Error {
  override readonly name = 'NotReplayableError';
}
