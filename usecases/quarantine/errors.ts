/** Rows cannot be given back as somebody wants it; the message says why, and what can be done instead. */
export class RowsRefusedError extends Error {
  override readonly name = 'RowsRefusedError';
}

/** Somebody else was first with rows of the same unique keys: who judges again sees theirs. */
export class KeysTakenError extends Error {
  override readonly name = 'KeysTakenError';
  constructor(drop: string) {
    super(`rows of drop ${drop} were given back meanwhile that have keys of these`);
  }
}
