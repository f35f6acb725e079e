import { ProtocolError } from '../../core/errors/protocol-error.ts';

/**
 * The graph failed on a caller's values, of a version that is known to answer others: another try would fail again, so
 * it is no 5xx. It is a failure of the version all the same, and is counted as one, for nobody but its author can mend it.
 */
export class UnansweredError extends ProtocolError {
  /**
   * @param cause what ONNX Runtime said; it is not shown, for a run may have had rows of others in it
   * @param row the first that it fails on, from 0; undefined where that is not known, or there is no other
   */
  constructor(cause: unknown, row: number | undefined) {
    super(
      422,
      `the model has no answer to these values: its graph fails on them${row === undefined ? '' : `, first in row ${row}`}, though it answers others. ` +
        'See that they are of the kind that it was made for (codes that it knows, nothing that it would divide by zero)',
      { cause },
    );
  }
}
