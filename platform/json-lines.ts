import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseJson } from '../core/protocols/formats/json.ts';
import { PlatformError } from './errors.ts';

/** A file that is not JSON lines; the message has the line. */
export class JsonLinesError extends PlatformError {
  override readonly name = 'JsonLinesError';
}

/**
 * The objects of a file of JSON lines, one at a time; empty lines are left out. They are read as a request's body is
 * (decision 24): integers beyond 2^53 are bigints, and NaN and Infinity may be written.
 *
 * @throws JsonLinesError
 */
export async function* readJsonLines(file: string): AsyncGenerator<Record<string, unknown>> {
  for await (const { value } of readJsonLineTexts(file)) yield value;
}

/** An object of JSON, and how it was written. */
export interface JsonLineText {
  readonly text: string;
  readonly value: Record<string, unknown>;
}

/** The same with their text. @throws JsonLinesError */
export async function* readJsonLineTexts(file: string): AsyncGenerator<JsonLineText> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    number++;
    if (line.trim() === '') continue;
    const text = number === 1 ? line.replace(/^\ufeff/, '') : line;
    let value: unknown;
    try {
      value = parseJson(text, true);
    } catch (cause) {
      throw new JsonLinesError(`${file}, line ${number}: ${(cause as Error).message}`, { cause });
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Number)
      throw new JsonLinesError(`${file}, line ${number} is no object, expected one with a key for each input`);
    yield { text, value: value as Record<string, unknown> };
  }
}
