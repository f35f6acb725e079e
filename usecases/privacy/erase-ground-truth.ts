import { readFile, writeFile } from 'node:fs/promises';
import { joinedFolder } from '../../core/quality/joined-record.ts';
import { parseFeedbackLine } from '../../core/serving/feedback-record.ts';
import { predictionKey } from '../ground-truth/prediction-index.ts';
import type { Subject } from './data-owners.ts';
import { type EditedFile, editLines } from './edit-lines.ts';
import { mentions } from './speaks-of.ts';

/** Where ground truth of a model lies: arriving, waiting, joined, and given up. */
export const truthPlaces = (model: string): string[] => [
  ...['incoming', 'waiting'].map((place) => `ground-truth/${place}/${model}/`),
  joinedFolder(model),
  `quarantine/ground-truth/${model}/`,
];

/** Takes truths out that are about predictions of the given ids, or say themselves that they are about a subject. */
export function truthEdit(
  model: string,
  isWanted: (id: string) => boolean,
  subject: Subject | undefined,
): (from: string, to: string, key: string) => Promise<EditedFile> {
  const isGone = (line: string): boolean => {
    const truth = parseFeedbackLine(line);
    // Where the truth itself was left out, the id is still there.
    const said = membersOf(line);
    const id = 'record' in truth ? truth.record.id : said?.id;
    if (typeof id === 'string' && isWanted(predictionKey(model, id))) return true;
    if (subject === undefined) return false;
    if (said === undefined) return mentions(line, subject);
    // A line that was no truth is quarantined as it came, inside another.
    return (typeof said.line === 'string' && isGone(said.line)) || names(said, subject);
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

/** Whether a truth says by itself that it is about a subject. Its id and what was true are no subject's name. */
function names(
  { id: _id, truth: _truth, subject: said, unit, principal, ...members }: Members,
  subject: Subject,
): boolean {
  return (
    [...subject.owner.subjects.keys()].some((column) => subject.is(column, said)) ||
    subject.hasSent({ unit, principal }) ||
    Object.entries(members).some(([column, value]) => subject.is(column, value))
  );
}

type Members = Readonly<Record<string, unknown>>;

/** Members of a line's object; none when it is another value, and undefined when it is no JSON. */
function membersOf(line: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Members) : {};
  } catch {
    return undefined;
  }
}
