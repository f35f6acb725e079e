/** Graph and data do not go together; the message says what to do. */
export class InferenceError extends Error {
  override readonly name: string = 'InferenceError';
}

/** The data has more or fewer columns than the inputs take. */
export class UnevenColumnsError extends InferenceError {
  override readonly name = 'UnevenColumnsError';
}
