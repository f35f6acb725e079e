import { readFile, writeFile } from 'node:fs/promises';
import { parseTruth } from '../../core/serving/ground-truth.ts';
import { predictionKey } from '../ground-truth/prediction-index.ts';
import { type Edited, editLines } from './lines.ts';
import type { Subject } from './owners.ts';

/** Where ground truth of a model lies: arriving, waiting, joined, and given up. */
export const truthPlaces = (model: string): string[] => [
  ...['incoming', 'waiting', 'joined'].map((place) => `ground-truth/${place}/${model}/`),
  `quarantine/ground-truth/${model}/`,
];

/** Takes truths out that are about predictions of the given ids, or say themselves that they are about a subject. */
export function truthEdit(
  model: string,
  isWanted: (id: string) => boolean,
  subject: Subject | undefined,
): (from: string, to: string, key: string) => Promise<Edited> {
  const isGone = (line: string): boolean => {
    const truth = parseTruth(line);
    // Where the truth itself was left out, the id is still there.
    const id = 'record' in truth ? truth.record.id : idOf(line);
    if (id !== undefined && isWanted(predictionKey(model, id))) return true;
    return subject?.isMentionedIn(line) ?? false;
  };
  return async (from, to, key) => {
    if (!key.startsWith('ground-truth/waiting/'))
      return editLines(from, to, (line) => (isGone(line) ? undefined : line));
    const waiting = JSON.parse(await readFile(from, 'utf8')) as { records: { id: string }[] };
    const records = waiting.records.filter((record) => !isGone(JSON.stringify(record)));
    await writeFile(to, JSON.stringify({ ...waiting, records }));
    return { gone: waiting.records.length - records.length, left: records.length };
  };
}

function idOf(line: string): string | undefined {
  try {
    const { id } = JSON.parse(line) as { id?: unknown };
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}
