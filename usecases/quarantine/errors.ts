/** Rows cannot be given back as somebody wants it; the message says why, and what can be done instead. */
export class RowsRefusedError extends Error {
  override readonly name = 'RowsRefusedError';
}
