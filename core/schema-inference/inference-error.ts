/** Graph and data do not go together; the message names what is missing, and what to do. */
export class InferenceError extends Error {
  override readonly name = 'InferenceError';
}
