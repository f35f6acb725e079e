import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { SHOWN_ROWS } from './validation-page.ts';
import type { QuarantinedRow } from './validation-view.ts';

/** The quarantined rows that a page shows: the first ones of a file of JSON lines. */
export async function firstQuarantined(file: string | null | undefined): Promise<QuarantinedRow[]> {
  if (file == null) return [];
  const rows: QuarantinedRow[] = [];
  const input = createReadStream(file);
  for await (const line of createInterface({ input })) {
    if (line !== '') rows.push(JSON.parse(line) as QuarantinedRow);
    if (rows.length === SHOWN_ROWS) break;
  }
  input.destroy();
  return rows;
}
