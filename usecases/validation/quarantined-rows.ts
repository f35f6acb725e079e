import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { QuarantinedRow } from './validation-view.ts';

/** The rows of a file of quarantined rows, one at a time, in the order of the file that they came in. */
export async function* readQuarantinedRows(file: string): AsyncGenerator<QuarantinedRow> {
  const input = createReadStream(file);
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }))
      if (line !== '') yield JSON.parse(line) as QuarantinedRow;
  } finally {
    input.destroy();
  }
}
