import type { TensorData } from '../../core/model/tensor.ts';
import { ModelLostError } from '../../platform/onnx/errors.ts';

/** A model fails on rows of its own reference, on all that it was asked about. */
export class ReferenceRunError extends Error {
  override readonly name = 'ReferenceRunError';
}

/** A row that a model fails on. */
export interface FailedRow {
  /** From 0, among those that were asked about. */
  readonly row: number;
  /** The first line of what ONNX Runtime says. */
  readonly message: string;
}

export interface RowAnswers {
  /** In their order; rows that no part holds have failed. */
  readonly parts: readonly {
    readonly from: number;
    readonly to: number;
    readonly answers: Record<string, TensorData>;
  }[];
  readonly failed: readonly FailedRow[];
}

/** Where rows are, for messages. */
export interface RowPlace {
  /** The file's name. */
  readonly file: string;
  /** Of a row in the file, from 1. */
  readonly number: (row: number) => number;
  /** What the file has. @default 'row' */
  readonly what?: 'row' | 'request';
}

/** Runs a part of some rows, from one on and up to another that is not among them. */
export type RunPart = (from: number, to: number) => Promise<Record<string, TensorData>>;

/** Where so many rows have failed and no other was answered, nothing else is expected of the rest. */
export const HOPELESS = 64;

/** How long rows are run one by one to find the one that a graph did not survive; milliseconds. */
const SEARCH_MS = 30_000;

/**
 * Runs rows together; where the graph fails on them, in halves, down to the rows that it fails on: one that divides by
 * zero says nothing about the others.
 *
 * @throws RangeError of the caller's own: only what a graph fails on is passed over
 * @throws ModelLostError that names the row that the graph does not survive, where one alone is enough
 */
export async function runRows(rows: number, run: RunPart, place: RowPlace): Promise<RowAnswers> {
  const parts: RowAnswers['parts'][number][] = [];
  const failed: FailedRow[] = [];
  const waiting: [number, number][] = [[0, rows]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [from, to] = next;
    try {
      parts.push({ from, to, answers: await run(from, to) });
    } catch (error) {
      if (error instanceof RangeError) throw error;
      // Nor would it survive the other rows.
      if (error instanceof ModelLostError) throw await lostOn([from, to], { run, place, error });
      if (to - from === 1) failed.push({ row: from, message: (error as Error).message.split('\n')[0]! });
      if (parts.length === 0 && failed.length >= HOPELESS) break;
      const middle = Math.floor((from + to) / 2);
      if (to - from > 1) waiting.push([middle, to], [from, middle]);
    }
  }
  return { parts, failed };
}

interface Lost {
  readonly run: RunPart;
  readonly place: RowPlace;
  readonly error: ModelLostError;
}

/** Runs rows of a part that a graph did not survive one by one, up to the first that it does not survive either. */
async function lostOn([from, to]: readonly [number, number], { run, place, error }: Lost): Promise<ModelLostError> {
  const { file, number, what = 'row' } = place;
  const named = (rows: string, cause: ModelLostError): ModelLostError =>
    new ModelLostError(`the graph does not survive ${rows} of ${file}: ${cause.message}`, cause.reason, {
      cause,
      allowed: cause.allowed,
    });
  const one = (row: number): string => `${what} ${number(row)}`;
  if (to - from === 1) return named(one(from), error);
  const until = performance.now() + SEARCH_MS;
  let row = from;
  for (; row < to && performance.now() < until; row++) {
    try {
      await run(row, row + 1);
    } catch (again) {
      if (again instanceof ModelLostError) return named(one(row), again);
    }
  }
  const those = `${what}s ${number(from)} to ${number(to - 1)}`;
  return named(row < to ? `one of ${those}` : `all of ${those} at once, though each by itself,`, error);
}
