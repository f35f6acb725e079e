import type { Command as Program } from 'commander';
import type { ExaminationLimits, ExaminedModel } from '../platform/onnx/examine.ts';
import { parseCount } from './arguments.ts';
import { withOptionalExamined } from './optional-dependencies.ts';

/** What a graph may take while it is opened and run. */
export interface LimitOptions {
  readonly timeLimit?: number | undefined;
  readonly memoryLimit?: number | undefined;
}

/** Adds the options for these limits to a command that runs a graph before anybody has seen it run. */
export const addLimitOptions = (command: Program): Program =>
  command
    .option('--time-limit <seconds>', 'how long the graph may take to load, and for a run (default: 30)', parseCount)
    .option(
      '--memory-limit <MB>',
      'memory that it may take (default: 10240, or what the deployed endpoint has, and at most 80 % of what this machine or container has)',
      parseCount,
    );

/** Works with a graph that is opened and run within limits; where it went beyond one, the error says how it gets more. */
export async function withinLimits<T>(
  modelFile: string,
  { timeLimit, memoryLimit }: LimitOptions,
  use: (model: ExaminedModel) => Promise<T>,
): Promise<T> {
  const limits: ExaminationLimits = { seconds: timeLimit, memoryMb: memoryLimit };
  try {
    return await withOptionalExamined(modelFile, use, limits);
  } catch (error) {
    const advice = await adviceOn(error);
    if (advice !== undefined) (error as Error).message += `. ${advice}`;
    throw error;
  }
}

/** What to do about a graph that went beyond a limit; undefined for any other error. */
async function adviceOn(error: unknown): Promise<string | undefined> {
  const { ModelLostError } = await import('../platform/onnx/errors.ts');
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!(cause instanceof ModelLostError) || cause.allowed === undefined) continue;
    const { reason, allowed } = cause;
    const more = reason === 'time' ? `--time-limit ${2 * allowed}` : `--memory-limit ${2 * allowed}`;
    return (
      `If it only needs more than that, give it with ${more}; else leave such rows out of the data, ` +
      'or export the graph so that what it computes is bounded: an endpoint would be lost like that on a request'
    );
  }
  return undefined;
}
