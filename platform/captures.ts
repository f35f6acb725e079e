import { gunzipSync, gzipSync } from 'node:zlib';
import { Capture } from '../core/captures/capture.ts';
import { CAPTURES, capturesFolder } from '../core/captures/capture-key.ts';
import { hourOfKey } from '../core/model/hour-folder.ts';
import type { Home, ObjectInfo } from './ports.ts';

export interface CaptureQuery {
  readonly model: string;
  /** Instants of the predictions; `to` is exclusive. */
  readonly from: Date;
  readonly to: Date;
}

/** How much later than its prediction a capture may be delivered: it is looked for in the hours until then. */
const DELIVERY_MS = 3_600_000;
const HOUR_MS = 3_600_000;

/**
 * Captured predictions of a model within a window, in no particular order. Objects lie under the hour of their
 * delivery; they are JSON lines of captures, or of CloudWatch Logs envelopes around them, gzipped or not.
 *
 * @param foreign is told of lines that are no captures (how many, in which object)
 */
export async function* readCaptures(
  home: Pick<Home, 'captures'>,
  { model, from, to }: CaptureQuery,
  foreign?: (lines: number, key: string) => void,
): AsyncIterable<Capture> {
  const [first, last] = [from.toISOString(), to.toISOString()];
  const end = to.getTime() + DELIVERY_MS;
  for (let hour = from.getTime(); startOfHour(hour) <= end; hour += HOUR_MS)
    for await (const { key } of capturesDelivered(home, new Date(hour)))
      for (const capture of await readCaptureObject(home, key, foreign))
        if (capture.model === model && capture.at >= first && capture.at < last) yield capture;
}

/** Objects that were delivered in the hour of an instant. */
export function capturesDelivered(home: Pick<Home, 'captures'>, hour: Date): AsyncIterable<ObjectInfo> {
  return home.captures.list(`${capturesFolder(hour.toISOString())}/`);
}

/** The first hour from an instant on in which anything was delivered. */
export async function firstDelivery(home: Pick<Home, 'captures'>, from: Date): Promise<Date | undefined> {
  // The folder of an hour is less than the keys in it.
  for await (const { key } of home.captures.list(CAPTURES, { after: capturesFolder(from.toISOString()) })) {
    const hour = hourOfKey(key);
    if (hour !== undefined) return new Date(`${hour}:00:00.000Z`);
  }
  return undefined;
}

/** All captures of one object, whatever their model. */
export async function readCaptureObject(
  home: Pick<Home, 'captures'>,
  key: string,
  foreign: (lines: number, key: string) => void = () => undefined,
): Promise<Capture[]> {
  const messages = linesOf(await home.captures.get(key)).flatMap(messagesOf);
  const captures = messages.flatMap((message) => parse(message) ?? []);
  if (captures.length < messages.length) foreign(messages.length - captures.length, key);
  return captures;
}

/**
 * The body of a capture object after an edit of its captures; lines that hold none that was edited stay as they are.
 *
 * @param edit gives what a capture becomes: itself, or pieces with fewer rows
 * @returns how many rows are gone and how many lines are left
 */
export function editCaptureBody(
  body: Uint8Array,
  edit: (capture: Capture) => Capture[],
): { body: Uint8Array; gone: number; left: number } {
  let gone = 0;
  const lines = linesOf(body).flatMap((line) => {
    let edited = false;
    const texts = messagesOf(line).flatMap((message): string[] => {
      const capture = parse(message);
      if (!capture) return message === undefined ? [] : [JSON.stringify(message)];
      const pieces = edit(capture);
      const rows = pieces.reduce((sum, piece) => sum + piece.rows, 0);
      edited ||= rows < capture.rows;
      gone += capture.rows - rows;
      return pieces.map((piece) => JSON.stringify(piece));
    });
    return edited ? texts : [line];
  });
  const text = lines.map((line) => `${line}\n`).join('');
  return { body: isGzipped(body) ? gzipSync(text) : Buffer.from(text), gone, left: lines.length };
}

/** All captures in the body of a capture object. */
export const capturesIn = (body: Uint8Array): Capture[] =>
  linesOf(body)
    .flatMap(messagesOf)
    .flatMap((message) => parse(message) ?? []);

/**
 * Captures of one object that are wanted by model and request id. The others are only glanced at, which takes a hundredth
 * of parsing them.
 *
 * @param wanted is asked of every capture
 */
export async function scanCaptureObject(
  home: Pick<Home, 'captures'>,
  key: string,
  wanted: (model: string, id: string) => boolean,
): Promise<Capture[]> {
  const captures: Capture[] = [];
  const take = (value: unknown): void => {
    const capture = parse(value);
    if (capture !== undefined) captures.push(capture);
  };
  for (const line of linesOf(await home.captures.get(key))) {
    const head = headOf(line);
    if (head !== undefined) {
      if (wanted(head.model, head.id)) take(jsonOf(line));
      continue;
    }
    for (const message of messagesOf(line)) {
      const { trimtab, model, id } = (message ?? {}) as { trimtab?: unknown; model?: unknown; id?: unknown };
      if (trimtab === 'capture' && typeof model === 'string' && typeof id === 'string' && wanted(model, id))
        take(message);
    }
  }
  return captures;
}

/** How a line begins that is a capture as this program writes it, as far as its hour. */
const ORIGIN =
  /^\{"trimtab":"capture","model":"([^"\\]*)","id":"(?:[^"\\]|\\.)*","version":(\d+),"variant":"\w+","at":"(\d{4}-\d\d-\d\dT\d\d)/;

/** Of which version and hour a capture is. */
export interface CaptureOrigin {
  readonly model: string;
  readonly version: number;
  /** Such as 2026-01-31T12. */
  readonly hour: string;
}

/** Origins of the captures of one object, one each; most lines are only glanced at. */
export async function captureOrigins(home: Pick<Home, 'captures'>, key: string): Promise<CaptureOrigin[]> {
  const found = new Map<string, CaptureOrigin>();
  const add = (model: string, version: number, hour: string): void => {
    found.set(`${model} ${version} ${hour}`, { model, version, hour });
  };
  for (const line of linesOf(await home.captures.get(key))) {
    const [, model, version, hour] = ORIGIN.exec(line) ?? [];
    if (model !== undefined) add(model, Number(version), hour!);
    else
      for (const message of messagesOf(line)) {
        const capture = parse(message);
        if (capture !== undefined) add(capture.model, capture.version, capture.at.slice(0, 13));
      }
  }
  return [...found.values()];
}

/** How a line begins that is a capture as this program writes it, new or rewritten. */
const HEAD =
  /^\{"trimtab":"capture",(?:"model":"([^"\\]*)","id":"((?:[^"\\]|\\.)*)"|"id":"((?:[^"\\]|\\.)*)","model":"([^"\\]*)")/;

function headOf(line: string): { model: string; id: string } | undefined {
  const match = HEAD.exec(line);
  if (match === null) return undefined;
  const id = (match[2] ?? match[3])!;
  return { model: (match[1] ?? match[4])!, id: id.includes('\\') ? (JSON.parse(`"${id}"`) as string) : id };
}

/** A line's JSON; undefined when it is none. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The text of a capture object. */
export const captureText = (body: Uint8Array): string => linesOf(body).join('\n');

const isGzipped = (body: Uint8Array): boolean => body[0] === 0x1f && body[1] === 0x8b;

const startOfHour = (ms: number): number => Math.floor(ms / HOUR_MS) * HOUR_MS;

function linesOf(body: Uint8Array): string[] {
  // gunzip reads concatenated members, as a delivery stream writes them.
  const bytes = isGzipped(body) ? gunzipSync(body) : body;
  return new TextDecoder().decode(bytes).split('\n').flatMap(recordsOf).filter(Boolean);
}

/** What services write one behind the other without a separator. Within a text of JSON these quotes have a backslash. */
const NEXT_RECORD = /(?<=\})(?=\{"(?:messageType|trimtab)":)/;

const recordsOf = (line: string): string[] =>
  line.includes('}{"messageType":') || line.includes('}{"trimtab":') ? line.split(NEXT_RECORD) : [line];

/** A line is a message, or an envelope of CloudWatch Logs around messages. */
function messagesOf(line: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return [undefined];
  }
  const events = (value as { logEvents?: { message: string }[] } | null)?.logEvents;
  if (!Array.isArray(events)) return [value];
  // The service tests a subscription with a message of its own.
  if ((value as { messageType?: string }).messageType === 'CONTROL_MESSAGE') return [];
  return events.flatMap(({ message }) => messagesOf(message.trim()));
}

function parse(value: unknown): Capture | undefined {
  // Most lines are captures as this program wrote them: the full check is for those that are.
  if ((value as { trimtab?: unknown } | undefined)?.trimtab !== 'capture') return undefined;
  const capture = Capture.safeParse(value);
  return capture.success ? capture.data : undefined;
}
