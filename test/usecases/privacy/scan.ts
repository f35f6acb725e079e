import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Capture } from '../../../core/captures/capture.ts';
import { literal, withDuck } from '../../../platform/duckdb/connection.ts';

/** Files below a folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

/**
 * What a file says to whoever looks: its bytes, what they unpack to, the rows of a Parquet file, the packed numbers of
 * captures.
 */
export async function contentOf(file: string): Promise<string> {
  const bytes = readFileSync(file);
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  const texts = [plain.toString('latin1'), plain.toString('utf8'), plain.toString('utf16le')];
  if (bytes.subarray(-4).toString() === 'PAR1')
    await withDuck(undefined, async (duck) => {
      const rows = await duck.rows(`SELECT * FROM read_parquet(${literal(file)})`);
      texts.push(JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value)));
      texts.push(
        JSON.stringify(
          await duck.rows(`SELECT stats_min_value, stats_max_value FROM parquet_metadata(${literal(file)})`),
        ),
      );
    });
  for (const line of texts[1]!.split('\n'))
    if (line.startsWith('{"trimtab":"capture"')) texts.push(JSON.stringify(Capture.parse(JSON.parse(line))));
  return texts.join('\n');
}

/** Which files below a folder hold which of the markers; base64 of them counts. */
export async function findMarkers(folder: string, markers: readonly string[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const file of filesBelow(folder)) {
    const content = await contentOf(file);
    const hits = markers.filter((marker) => mentions(content, marker));
    if (hits.length > 0) found.set(path.relative(folder, file).split(path.sep).join('/'), hits);
  }
  return found;
}

export const mentions = (content: string, marker: string): boolean =>
  content.includes(marker) || content.includes(Buffer.from(marker).toString('base64').replace(/=+$/, ''));
