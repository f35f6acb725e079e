/** What is wished for does not go with the graph. */
export class InferDecisionError extends Error {
  override readonly name = 'InferDecisionError';
}
