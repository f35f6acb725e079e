import type { TensorData } from '../../core/model/tensor.ts';
import type { RunReport } from '../../core/observability/observation.ts';
import { ModelLostError } from '../../platform/onnx/errors.ts';
import type { OnnxModel } from '../../platform/onnx/model.ts';

/** What a graph sets up at its first run takes less; milliseconds. */
const INITIALISATION_MS = 200;
const SAMPLE_RUNS = 3;

/** Runs a row: somewhat slow, some times, so that what is set up once does not count as the model's duration. */
export async function timeSample(
  model: OnnxModel,
  sample: Readonly<Record<string, TensorData>>,
  onRun: ((feeds: Readonly<Record<string, TensorData>>, ms: number) => void) | undefined,
): Promise<void> {
  for (let runs = 0; runs < SAMPLE_RUNS; runs++) {
    const timed: RunReport = {};
    try {
      await model.run(sample, undefined, timed);
    } catch (error) {
      // What a graph says of a row is for whoever asks it for an answer.
      if (error instanceof ModelLostError) throw error;
      return;
    }
    onRun?.(sample, timed.run!);
    if (timed.run! >= INITIALISATION_MS) return;
  }
}
