import type { ClientRequest, ClientResponse } from '../fixtures/http-client.ts';
import type { Case } from './models.ts';

/** One way to ask a model for the scores of rows, and to read them off the answer. */
export interface PredictionFormat {
  readonly name: string;
  readonly model: string;
  /** Most rows that it can ask for at once. */
  readonly rows: number;
  ask(rows: readonly Case['row'][]): ClientRequest;
  /** The last number that the answer has for each row, which is the score. */
  read(answer: ClientResponse, rows: number): number[];
}

export const JSON_TYPE = { 'content-type': 'application/json' };

/** The last number in whatever an answer says of one row. */
export function lastOf(value: unknown): number {
  if (Array.isArray(value)) return lastOf(value.at(-1));
  if (typeof value === 'object' && value !== null) return lastOf(Object.values(value).at(-1));
  return typeof value === 'number' ? value : Number.NaN;
}

export const jsonOf = ({ body }: ClientResponse): Record<string, unknown> => JSON.parse(body.toString('utf8'));

export const predictionsOf = (answer: ClientResponse): number[] =>
  (jsonOf(answer).predictions as unknown[]).map(lastOf);

/** What is under the last of several outputs, by row. */
export const columnsOf = (answer: ClientResponse, key: string): number[] => {
  const outputs = jsonOf(answer)[key];
  return ((Array.isArray(outputs) ? outputs : Object.values(outputs as object).at(-1)) as unknown[]).map(lastOf);
};

export const linesOf = ({ body }: ClientResponse): string[] => body.toString('utf8').trimEnd().split(/\r?\n/);

/** Of the last output of version 2 of the protocol. */
export function tensorOf(answer: ClientResponse, rows: number): number[] {
  const { outputs } = jsonOf(answer) as { outputs: { data: number[] }[] };
  return everyLast(outputs.at(-1)!.data, rows);
}

/** The last of each row's part of a flat tensor. */
export const everyLast = (data: ArrayLike<number>, rows: number): number[] =>
  Array.from({ length: rows }, (_, row) => data[((row + 1) * data.length) / rows - 1]!);
