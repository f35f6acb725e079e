/** The inputs do not fit together, or an element does not fit its type: the caller's fault. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
