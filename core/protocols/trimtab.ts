import type { TruthRecord } from '../serving/ground-truth.ts';
import type { HttpRequest } from '../serving/http.ts';
import { isInstant, NO_INSTANT, type OutcomeRecord, parseOutcome } from '../serving/outcome.ts';
import { bodyText, parseJson } from './formats/json.ts';
import { assertJsonMedia } from './formats/media.ts';
import { kindOf } from './formats/tensors.ts';
import { allowMethods, errorObject, json, type Protocol, ProtocolError, type UnreadableRecord } from './protocol.ts';

/** Trimtab's own paths: what is being served, and where ground truth and outcomes are sent. */
export const trimtab: Protocol = {
  name: 'trimtab',
  owns: ({ path }) => path.startsWith('/trimtab/'),
  fail: errorObject,
  resolve({ method, path }) {
    const found = /^\/trimtab\/v1\/models\/([^/]+)\/(release|truth|outcomes)$/.exec(path);
    if (found === null)
      throw new ProtocolError(404, 'no such path, use /trimtab/v1/models/NAME/release, /truth or /outcomes');
    const [, model = '', what] = found;
    if (what === 'release') {
      allowMethods(method, 'GET', 'HEAD');
      return { kind: 'release', model };
    }
    allowMethods(method, 'POST');
    return {
      kind: 'feedback',
      model,
      decode(request) {
        assertJsonMedia(request.headers['content-type']);
        const truths = what === 'truth' ? decodeTruth(request) : [];
        const outcomes = what === 'outcomes' ? decodeOutcomes(request) : [];
        return { truths, outcomes, encode: (unreadable) => json(202, answerOf(what, truths, outcomes, unreadable)) };
      },
    };
  },
};

/** Unreadable truths that an answer names. */
const MAX_NAMED = 20;

/** Of truths, which of them no version that is served could read; whether their predictions are known is told by the join. */
function answerOf(
  what: string | undefined,
  truths: readonly TruthRecord[],
  outcomes: readonly OutcomeRecord[],
  unreadable: readonly UnreadableRecord[],
): object {
  const accepted = truths.length + outcomes.length;
  if (what !== 'truth') return { accepted };
  return { accepted, unreadable: unreadable.length, problems: unreadable.slice(0, MAX_NAMED) };
}

/** Most records in one request. */
const MAX_RECORDS = 10_000;

/** Reads `{"records": [{"id", "truth", "at"?}]}`. @throws ProtocolError 400 */
export function decodeTruth(request: HttpRequest): TruthRecord[] {
  return recordsOf(request, '{"id", "truth", "at"?}').map((record, i) => {
    const { id, truth, at, ...rest } = record;
    if (typeof id !== 'string' || id === '' || id.length > 300)
      throw new ProtocolError(400, `record ${i}: id is ${kindOf(id)}, expected a string of 1 to 300 characters`);
    if (
      typeof truth !== 'string' &&
      typeof truth !== 'boolean' &&
      !(typeof truth === 'number' && Number.isFinite(truth))
    )
      throw new ProtocolError(400, `record ${i}: truth is ${kindOf(truth)}, expected a number, a string or a boolean`);
    nothingElse(rest, i, 'id, truth and at');
    if (at === undefined) return { id, truth };
    if (!isInstant(at)) throw new ProtocolError(400, `record ${i}: ${NO_INSTANT}`);
    return { id, truth, at };
  });
}

/** Reads `{"records": [{"id", "metric", "value", "at"?}]}`. @throws ProtocolError 400 */
export function decodeOutcomes(request: HttpRequest): OutcomeRecord[] {
  return recordsOf(request, '{"id", "metric", "value", "at"?}').map((record, i) => {
    const { id: _id, metric: _metric, value: _value, at: _at, ...rest } = record;
    nothingElse(rest, i, 'id, metric, value and at');
    const parsed = parseOutcome(record);
    if ('fault' in parsed) throw new ProtocolError(400, `record ${i}: ${parsed.fault}`);
    return parsed.record;
  });
}

type Members = Readonly<Record<string, unknown>>;

function recordsOf(request: HttpRequest, expected: string): Members[] {
  const message = parseJson(bodyText(request.body), false);
  const records =
    typeof message === 'object' && message !== null ? (message as { records?: unknown }).records : undefined;
  if (!Array.isArray(records))
    throw new ProtocolError(400, `records is ${kindOf(records)}, expected an array of ${expected}`);
  if (records.length === 0 || records.length > MAX_RECORDS)
    throw new ProtocolError(400, `records has ${records.length} entries, expected 1 to ${MAX_RECORDS}`);
  return records.map((record: unknown) => (typeof record === 'object' && record !== null ? (record as Members) : {}));
}

function nothingElse(rest: Members, i: number, expected: string): void {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined)
    throw new ProtocolError(400, `record ${i} has ${unknown.slice(0, 40)}, expected ${expected} only`);
}
