/** A failure on personal fields. Its message may hold their values: only the stack is kept. */
export class RedactedError extends Error {
  override readonly name = 'WithheldError';
  constructor(error: unknown) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    super(`${name}; its message is withheld, for the contract marks personal fields`);
    // A message may run over lines that look like frames: what is not known to be the message's end is no frame.
    const end = stack?.indexOf(message) ?? -1;
    this.stack = `${this.name}: ${this.message}${end === -1 ? '' : stack!.slice(end + message.length)}`;
  }
}
