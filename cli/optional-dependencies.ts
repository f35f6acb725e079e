import type { ExaminationLimits, ExaminedModel } from '../platform/onnx/examine.ts';

/**
 * Libraries with native code are loaded when a command wants them: asking what is released must not wait for them,
 * nor want them installed.
 */
export async function withOptionalExamined<T>(
  modelFile: string,
  use: (model: ExaminedModel) => Promise<T>,
  limits?: ExaminationLimits,
): Promise<T> {
  const { withExamined: examine } = await import('../platform/onnx/examine.ts');
  return examine(modelFile, use, limits);
}
