import type { TruthRecord } from '../serving/ground-truth.ts';
import type { HttpRequest } from '../serving/http.ts';
import { parseJson, textOf } from './json.ts';
import { allow, errorObject, json, type Protocol, ProtocolError } from './protocol.ts';
import { kindOf } from './tensors.ts';

/** Trimtab's own paths: what is being served, and where ground truth is sent. */
export const trimtab: Protocol = {
  name: 'trimtab',
  owns: ({ path }) => path.startsWith('/trimtab/'),
  fail: errorObject,
  resolve({ method, path }) {
    const found = /^\/trimtab\/v1\/models\/([^/]+)\/(release|truth)$/.exec(path);
    if (found === null) throw new ProtocolError(404, 'no such path, use /trimtab/v1/models/NAME/release or /truth');
    const [, model = '', what] = found;
    if (what === 'release') {
      allow(method, 'GET', 'HEAD');
      return { kind: 'release', model };
    }
    allow(method, 'POST');
    return {
      kind: 'feedback',
      model,
      decode(request) {
        const truths = decodeTruth(request);
        return { truths, encode: () => json(202, { accepted: truths.length }) };
      },
    };
  },
};

/** Most records in one request. */
const MAX_RECORDS = 10_000;

/** Reads `{"records": [{"id", "truth"}]}`. @throws ProtocolError 400 */
export function decodeTruth(request: HttpRequest): TruthRecord[] {
  const message = parseJson(textOf(request.body), false);
  const records =
    typeof message === 'object' && message !== null ? (message as { records?: unknown }).records : undefined;
  if (!Array.isArray(records))
    throw new ProtocolError(400, `records is ${kindOf(records)}, expected an array of {"id", "truth"}`);
  if (records.length === 0 || records.length > MAX_RECORDS)
    throw new ProtocolError(400, `records has ${records.length} entries, expected 1 to ${MAX_RECORDS}`);
  return records.map((record: unknown, i) => {
    const { id, truth, ...rest } = (typeof record === 'object' && record !== null ? record : {}) as Record<
      string,
      unknown
    >;
    if (typeof id !== 'string' || id === '' || id.length > 300)
      throw new ProtocolError(400, `record ${i}: id is ${kindOf(id)}, expected a string of 1 to 300 characters`);
    if (
      typeof truth !== 'string' &&
      typeof truth !== 'boolean' &&
      !(typeof truth === 'number' && Number.isFinite(truth))
    )
      throw new ProtocolError(400, `record ${i}: truth is ${kindOf(truth)}, expected a number, a string or a boolean`);
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined)
      throw new ProtocolError(400, `record ${i} has ${unknown.slice(0, 40)}, expected id and truth only`);
    return { id, truth };
  });
}
