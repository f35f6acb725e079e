import { createReadStream } from 'node:fs';
import path from 'node:path';
import { JsonArrayScanner, NotJsonArrayError } from '../../core/records/json-array-scanner.ts';
import { isUtf16, UTF16 } from '../../core/records/utf16.ts';
import { FileRejectedError } from './errors.ts';
import { RecordCopy } from './record-copy.ts';
import { CHUNK_BYTES } from './scan-file.ts';

/** Whether a file is an array of JSON by its name. */
export const isJsonArray = (file: string): boolean => file.endsWith('.json');

/**
 * Writes the elements of a file of one array (pandas' `to_json(orient="records")`), or of objects that follow each
 * other, as JSON lines, each the line of its number.
 *
 * @returns the file of lines, in the folder
 * @throws FileRejectedError when it is neither, or UTF-16
 */
export async function writeJsonLines(file: string, folder: string): Promise<string> {
  const target = path.join(folder, `${path.basename(file, '.json')}.jsonl`);
  const copy = new RecordCopy(file, target);
  copy.begin(0, 0);
  let elements = 0;
  let first = true;
  const scanner = new JsonArrayScanner((element) => {
    elements++;
    copy.append(element);
    copy.append(LINE_END);
  });
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
      if (first && isUtf16(chunk)) throw new FileRejectedError('format', UTF16);
      first = false;
      scanner.push(chunk);
      await copy.settle();
    }
    scanner.end();
    await copy.settle();
  } catch (error) {
    if (!(error instanceof NotJsonArrayError)) throw error;
    throw new FileRejectedError('format', `no array of JSON objects: ${error.message}`, { cause: error });
  } finally {
    await copy.close();
  }
  if (elements === 0) throw new FileRejectedError('format', 'the array has no elements');
  return target;
}

const LINE_END = Buffer.from('\n');
