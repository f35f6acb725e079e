import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** SHA-256 of bytes or text, lower-case hexadecimal. */
export const digestOf = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex');

/** SHA-256 of a file, without holding it in memory. */
export async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
