import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { type FeedbackRecord, isOutcome, parseFeedbackLine } from '../../core/serving/feedback-record.ts';
import { ObjectNotFoundError } from '../../platform/errors.ts';
import type { Home, ObjectInfo } from '../../platform/ports.ts';
import { makeTemporaryFolder } from '../../platform/temporary-folder.ts';
import { type FeedbackBatch, placeOf, type ReceivedRecord, textOf } from './feedback-batches.ts';

export const INCOMING = 'ground-truth/incoming/';
/** How far a file has been taken that is taken in several runs; its key under `incoming/` follows. */
const PROGRESS = 'ground-truth/progress/';

/** Objects, lines and characters of them that a run takes; the rest is taken by the next. */
const MAX_OBJECTS = 5_000;
const MAX_LINES = 250_000;
const MAX_CHARACTERS = 64_000_000;
/** Lines of one file that a run takes, so that a long one keeps no other waiting. */
const MAX_LINES_OF_FILE = 100_000;
/** A longer line is no truth: it is not held in memory. */
export const MAX_LINE = 2_000;
/** Characters of a malformed line that are kept. */
const MAX_KEPT = 1_000;
/** Files up to this size are read whole, this many at a time. */
const SMALL_BYTES = 65_536;
const PARALLEL = 64;

const Progress = z.object({ etag: z.string(), next: z.int().min(1) });

/** What a run has taken. */
interface Taken {
  lines: number;
  characters: number;
}

/** Records that have arrived: as many as one run takes, so that its memory is bounded whatever comes. */
export async function readIncoming({ data }: Pick<Home, 'data'>): Promise<FeedbackBatch[]> {
  const objects: ObjectInfo[] = [];
  for await (const object of data.list(INCOMING)) if (objects.push(object) === MAX_OBJECTS) break;
  const batches: FeedbackBatch[] = [];
  const taken: Taken = { lines: 0, characters: 0 };
  const isFull = (): boolean => taken.lines >= MAX_LINES || taken.characters >= MAX_CHARACTERS;
  for (let at = 0; at < objects.length && !isFull(); at += PARALLEL) {
    const some = objects.slice(at, at + PARALLEL);
    const texts = await Promise.all(
      some.map(({ key, bytes }) => (bytes <= SMALL_BYTES ? textOf(data, key) : undefined)),
    );
    for (const [i, object] of some.entries()) {
      if (isFull()) break;
      const text = texts[i];
      if (object.bytes > SMALL_BYTES) {
        const part = await readPart({ data }, object, taken);
        if (part !== undefined) batches.push(part);
      } else if (text !== undefined) batches.push(readWhole(object, text, taken));
    }
  }
  return batches;
}

function readWhole(object: ObjectInfo, text: string, taken: Taken): FeedbackBatch {
  const lines = new IncomingLines(object);
  for (const line of text.split('\n')) lines.add(line, taken);
  return lines.batch(0);
}

/** The next part of a file; undefined when somebody else has taken it. */
async function readPart(
  { data }: Pick<Home, 'data'>,
  { key }: ObjectInfo,
  taken: Taken,
): Promise<FeedbackBatch | undefined> {
  const scratch = await makeTemporaryFolder('truth');
  const file = path.join(scratch, 'incoming');
  try {
    const object = await data.download(key, file);
    const from = await progressOf({ data }, object);
    const lines = new IncomingLines(object);
    for await (const { line, next } of linesFrom(file, from)) {
      lines.add(line, taken);
      if (lines.count >= MAX_LINES_OF_FILE || taken.lines >= MAX_LINES || taken.characters >= MAX_CHARACTERS)
        return lines.batch(from, next < object.bytes ? next : undefined);
    }
    return lines.batch(from);
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A truth that became known before it arrived counts as of then: of two of a prediction, the later one is right. */
export function receivedRecord(record: FeedbackRecord, arrived: string): ReceivedRecord {
  if (isOutcome(record) || record.at === undefined) return { ...record, received: arrived };
  const { at, ...truth } = record;
  const known = new Date(at).toISOString();
  return { ...truth, received: known < arrived ? known : arrived };
}

/** Lines of one object as records. */
class IncomingLines {
  readonly #records: ReceivedRecord[] = [];
  readonly #malformed: { line: string; reason: string }[] = [];
  readonly #received: string;

  constructor(private readonly object: ObjectInfo) {
    this.#received = object.modifiedAt.toISOString();
  }

  get count(): number {
    return this.#records.length + this.#malformed.length;
  }

  add(line: string, taken: Taken): void {
    if (line.trim() === '') return;
    taken.lines++;
    taken.characters += line.length;
    const parsed = line.length > MAX_LINE ? { fault: `longer than ${MAX_LINE} characters` } : parseFeedbackLine(line);
    if ('record' in parsed) this.#records.push(receivedRecord(parsed.record, this.#received));
    else this.#malformed.push({ line: line.slice(0, MAX_KEPT), reason: parsed.fault });
  }

  batch(from: number, next?: number): FeedbackBatch {
    const { object } = this;
    const place = placeOf(object.key, INCOMING);
    const part = from === 0 && next === undefined ? {} : { part: { from, ...(next === undefined ? {} : { next }) } };
    return { object, ...place, ...part, records: this.#records, malformed: this.#malformed };
  }
}

/**
 * Lines of a file from a byte on, each with the byte behind it. Of a line that is too long only the beginning is given,
 * with more characters than {@link MAX_LINE}.
 */
async function* linesFrom(file: string, start: number): AsyncIterable<{ line: string; next: number }> {
  // Four bytes a character at most, so what is longer than this is too long in characters as well.
  const most = 4 * MAX_LINE + 4;
  let [held, next]: [Buffer, number] = [Buffer.alloc(0), start];
  const hold = (bytes: Buffer): void => {
    if (held.length < most) held = Buffer.concat([held, bytes.subarray(0, most - held.length)]);
  };
  for await (const chunk of createReadStream(file, { start }) as AsyncIterable<Buffer>) {
    let at = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, at)) {
      hold(chunk.subarray(at, end));
      next += end + 1 - at;
      at = end + 1;
      yield { line: held.toString('utf8'), next };
      held = Buffer.alloc(0);
    }
    hold(chunk.subarray(at));
    next += chunk.length - at;
  }
  if (held.length > 0) yield { line: held.toString('utf8'), next };
}

async function progressOf({ data }: Pick<Home, 'data'>, { key, etag }: ObjectInfo): Promise<number> {
  const text = await textOf(data, progressKey(key));
  if (text === undefined) return 0;
  const progress = Progress.parse(JSON.parse(text));
  // Another file under the same name begins at its beginning.
  return progress.etag === etag ? progress.next : 0;
}

const progressKey = (key: string): string => `${PROGRESS}${key.slice(INCOMING.length)}`;

/**
 * Takes a batch that arrived away; what was put in its place meanwhile stays. Of a part it is noted that it was taken, and
 * the last one takes the file away.
 */
export async function removeIncoming({ data }: Pick<Home, 'data'>, { object, part }: FeedbackBatch): Promise<void> {
  const { key, etag } = object;
  if (part?.next !== undefined) {
    await data.put(progressKey(key), JSON.stringify({ etag, next: part.next } satisfies z.infer<typeof Progress>));
    return;
  }
  await data.delete(key, { etag });
  if (part !== undefined) await data.delete(progressKey(key));
}
