import { InputError } from '../../core/contract/input-error.ts';
import type { Shares } from '../../core/explain/explanation.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import type { OnnxModel } from '../../platform/onnx/model.ts';
import type { ExplainedOutput } from './explained-output.ts';
import { rowOutput } from './row-scores.ts';

/** Rows as the model takes them, and what is explained of them. */
export interface ExplainedScores {
  readonly model: Pick<OnnxModel, 'run'>;
  readonly tensors: Record<string, TensorData>;
  readonly rows: number;
  readonly target: Pick<ExplainedOutput, 'output' | 'columns'>;
}

/** @throws InputError for a row whose own score is no number */
export async function assertScores({ model, tensors, rows, target }: ExplainedScores): Promise<void> {
  const { output, columns } = target;
  const read = rowOutput(output, (await model.run(tensors, [output]))[output]!, rows);
  for (let row = 0; row < rows; row++) {
    const score = read.score(row, columns[row]!);
    if (!Number.isFinite(score))
      throw new InputError(`output ${output} is ${score} for row ${row}: only numbers are explained`);
  }
}

/** @throws InputError where there is a row that no background row was left for */
export function assertCompared({ backgroundRows }: Shares, { output }: Pick<ExplainedOutput, 'output'>): void {
  if (backgroundRows === 0)
    throw new InputError(
      `the model gives no number in output ${output} for any row of the background, or mixture of one with the row: ` +
        'there is nothing to compare with',
    );
}
