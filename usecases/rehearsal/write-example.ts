import { writeFile } from 'node:fs/promises';
import { isPersonal } from '../../core/contract/personal.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import { readJsonLineTexts } from '../../platform/json-lines.ts';

const MOST_LINES = 20;
/** Most that is written, as JSON; bytes. */
const MOST_BYTES = 5 * 1024 * 1024;

/**
 * Writes the first of some reference requests as those that a version is rehearsed on: a model that takes whole tensors has no rows
 * in its baseline. None where anything is personal, and the first one in any case.
 *
 * @returns how many it wrote
 */
export async function writeExample(
  target: string,
  requestsFile: string,
  { contract }: Pick<Manifest, 'contract'>,
): Promise<number> {
  if (contract.tensors.length === 0 || isPersonal(contract)) return 0;
  const lines: string[] = [];
  let bytes = 0;
  for await (const { text } of readJsonLineTexts(requestsFile)) {
    bytes += Buffer.byteLength(text) + 1;
    if (lines.length > 0 && bytes > MOST_BYTES) break;
    lines.push(text);
    if (lines.length === MOST_LINES) break;
  }
  await writeFile(target, lines.map((line) => `${line}\n`).join(''));
  return lines.length;
}
