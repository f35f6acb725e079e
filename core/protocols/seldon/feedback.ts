import type { TruthRecord } from '../../serving/ground-truth.ts';
import type { HttpRequest } from '../../serving/http.ts';
import { assertJsonMedia } from '../formats/media.ts';
import { kindOf } from '../formats/tensors.ts';
import { isObject, type Json } from '../formats/values.ts';
import { type Feedback, json, ProtocolError } from '../protocol.ts';
import { messageOf, metaOf, oneOf } from './message.ts';

/** The business metric that every model takes. */
const REWARD = 'reward';

/**
 * Reads `{request, response, reward, truth}`: the truth becomes ground truth of the prediction whose id the response,
 * the request or the header has, one record a row; the reward a value attached to it.
 *
 * @throws ProtocolError 400 or 415
 */
export function decodeFeedback(request: HttpRequest): Feedback {
  assertJsonMedia(request.headers['content-type']);
  const message = messageOf(request, true);
  const response = partOf(message, 'response');
  const asked = partOf(message, 'request');
  const id = metaOf(response?.meta, NO_HEADERS).puid ?? metaOf(asked?.meta, request).puid;
  if (id === undefined)
    throw new ProtocolError(400, 'feedback without response.meta.puid or request.meta.puid belongs to no prediction');
  if (id.length > 200) throw new ProtocolError(400, `the puid has ${id.length} characters, at most 200 are allowed`);
  const reward = plain(message.reward);
  if (reward !== undefined && reward !== null && !(typeof reward === 'number' && Number.isFinite(reward)))
    throw new ProtocolError(400, `reward is ${kindOf(reward)}, expected a number`);
  const truth = partOf(message, 'truth');
  if (truth === undefined && typeof reward !== 'number')
    throw new ProtocolError(400, 'feedback has neither truth nor reward, expected one of them at least');
  const truths = truth === undefined ? [] : truthsOf(id, truth);
  // A reward is for the whole message; a batch has it on its first row.
  const ofBatch = truths.length > 1 || rowsOf(response) > 1;
  return {
    truths,
    outcomes: typeof reward === 'number' ? [{ id: ofBatch ? `${id}#0` : id, metric: REWARD, value: reward }] : [],
    encode: () => json(200, { data: { tensor: { shape: [0] } }, meta: { puid: id } }),
  };
}

const NO_HEADERS = { headers: {} };

function partOf(message: Json, key: string): Json | undefined {
  const part = message[key];
  if (part === undefined || part === null) return undefined;
  if (!isObject(part)) throw new ProtocolError(400, `${key} is ${kindOf(part)}, expected a message`);
  return Object.keys(part).length === 0 ? undefined : part;
}

/** How many predictions an answer had, as far as it says so. */
function rowsOf(response: Json | undefined): number {
  const data = isObject(response?.data) ? response.data : {};
  if (Array.isArray(data.ndarray)) return data.ndarray.length;
  const shape = isObject(data.tensor) ? data.tensor.shape : undefined;
  return Array.isArray(shape) && typeof shape[0] === 'number' ? shape[0] : 1;
}

/** What was true of each row, under the ids that captures have. */
function truthsOf(id: string, truth: Json): TruthRecord[] {
  const values = valuesOf(truth).map(plain);
  if (values.length === 0 || values.length > MAX_ROWS)
    throw new ProtocolError(400, `truth has ${values.length} rows, expected 1 to ${MAX_ROWS}`);
  return values.map((value, row) => {
    if (
      typeof value !== 'string' &&
      typeof value !== 'boolean' &&
      !(typeof value === 'number' && Number.isFinite(value))
    )
      throw new ProtocolError(400, `truth of row ${row} is ${kindOf(value)}, expected a number, a string or a boolean`);
    return { id: values.length === 1 ? id : `${id}#${row}`, truth: value };
  });
}

const MAX_ROWS = 10_000;

/** One value a row. */
function valuesOf(truth: Json): unknown[] {
  const payload = oneOf(truth, ['data', 'strData', 'jsonData'], 'truth');
  const value = truth[payload];
  if (payload === 'strData') return [value];
  if (payload === 'jsonData') return Array.isArray(value) ? value : [value];
  if (!isObject(value)) throw new ProtocolError(400, `truth.data is ${kindOf(value)}, expected an object`);
  const array = oneOf(value, ['tensor', 'ndarray'], 'truth.data');
  const rows = array === 'tensor' ? tensorValues(value.tensor) : value.ndarray;
  if (!Array.isArray(rows)) throw new ProtocolError(400, `truth.data holds ${kindOf(rows)}, expected an array`);
  return rows.map((row) => (Array.isArray(row) && row.length === 1 ? row[0] : row));
}

const tensorValues = (tensor: unknown): unknown => (isObject(tensor) ? tensor.values : undefined);

/** A number that was read exactly, as one that is compared as text: a label of many digits keeps them. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Number ? value.valueOf() : value;
}
