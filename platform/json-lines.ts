import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { PlatformError } from './errors.ts';

/** A file that is not JSON lines; the message has the line. */
export class JsonLinesError extends PlatformError {
  override readonly name = 'JsonLinesError';
}

/** The objects of a file of JSON lines, one at a time; empty lines are left out. @throws JsonLinesError */
export async function* readJsonLines(file: string): AsyncGenerator<Record<string, unknown>> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    number++;
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(number === 1 ? line.replace(/^\ufeff/, '') : line);
    } catch (cause) {
      throw new JsonLinesError(`${file}, line ${number}: ${(cause as Error).message}`, { cause });
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new JsonLinesError(`${file}, line ${number} is no object, expected one with a key for each input`);
    yield value as Record<string, unknown>;
  }
}
