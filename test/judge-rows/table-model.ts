import { FLOAT, INT64, model, node, tensor, valueInfo } from '../fixtures/onnx/write.ts';

/** Inputs that tables have entries for; of any other there is no answer. */
export const ENTRIES = 8_192;

/** What a graph reads: which of its inputs names the entry, and the entries. */
export interface Table {
  /** @default x */
  readonly input?: 'x' | 'lag';
  /** Score by entry; the number of entries is what the graph can answer about. */
  readonly scores: readonly number[];
}

/**
 * A graph of three inputs `x`, `lag` (int64 [n]) and `weight` (float [n]) that gives as `score` the entry of a table that
 * one of them names. It fails at run time, as a graph with a fault does, where there is no such entry.
 */
export const tableModel = ({ input = 'x', scores }: Table): Uint8Array =>
  model({
    nodes: [node('Gather', ['table', input], ['score'])],
    constants: [tensor('table', FLOAT, [scores.length], Float32Array.from(scores))],
    inputs: [valueInfo('x', INT64, ['n']), valueInfo('lag', INT64, ['n']), valueInfo('weight', FLOAT, ['n'])],
    outputs: [valueInfo('score', FLOAT, ['n'])],
  });

/** In [0, 1), the same for the same number, and like chance for different ones. */
export function chance(x: number, stream = 0): number {
  let h = Math.imul(x ^ (stream * 0x9e37_79b9), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/** A score for each entry. */
export const scoresBy = (score: (x: number) => number, entries = ENTRIES): number[] =>
  Array.from({ length: entries }, (_, x) => score(x));

/** What is true of an entry: one in two is positive. */
export const isPositive = (x: number): boolean => x % 2 === 1;

/** Scores of whoever is wrong about so large a share of the entries, each score another. */
export const wrongAbout = (share: number, stream = 1): number[] =>
  scoresBy((x) => {
    const decided = chance(x, stream) < share ? !isPositive(x) : isPositive(x);
    return (decided ? 0.5 : 0) + 0.499 * chance(x, 7);
  });
