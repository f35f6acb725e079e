import type { HttpRequest } from '../../serving/http.ts';
import { bodyText, parseJson } from '../formats/json.ts';
import { mediaOf } from '../formats/media.ts';
import { kindOf } from '../formats/tensors.ts';
import { isObject, type Json } from '../formats/values.ts';
import { clip, ProtocolError } from '../protocol.ts';
import { formFields } from '../torchserve/form.ts';

/** A message's own frame. */
export interface Meta {
  readonly puid?: string | undefined;
  readonly tags?: Json | undefined;
}

/**
 * The message of a body: JSON, or a form whose field `json` is one, or whose fields are the payload itself.
 *
 * @throws ProtocolError 400
 */
export function messageOf(request: HttpRequest, exact: boolean): Json {
  const media = mediaOf(request.headers['content-type']);
  const { body } = request;
  // `curl -d` calls everything a form.
  const form =
    media.type === 'multipart/form-data' ||
    (media.type === 'application/x-www-form-urlencoded' && !/^\s*\{/.test(bodyText(body)));
  if (!form) return objectOf(parseJson(bodyText(body), exact));
  let message: Record<string, unknown> = {};
  for (const { name, body: content } of formFields(body, media))
    switch (name) {
      case 'json':
        message = { ...message, ...objectOf(parseJson(bodyText(content), exact)) };
        break;
      case 'meta':
      case 'data':
      case 'jsonData':
        message[name] = parseJson(bodyText(content), exact);
        break;
      case 'strData':
        message.strData = bodyText(content);
        break;
      case 'binData':
        message.binData = typeof content === 'string' ? content : Buffer.from(content).toString('base64');
        break;
      default:
        throw new ProtocolError(400, `no field ${clip(name)}, expected json, meta, data, strData, jsonData or binData`);
    }
  return message;
}

function objectOf(value: unknown): Json {
  if (isObject(value)) return value;
  throw new ProtocolError(400, `the message is ${kindOf(value)}, expected an object with data, strData or jsonData`);
}

/** The frame of a message; an id in the header is as good. @throws ProtocolError 400 */
export function metaOf(meta: unknown, request: Pick<HttpRequest, 'headers'>): Meta {
  if (meta !== undefined && meta !== null && !isObject(meta))
    throw new ProtocolError(400, `meta is ${kindOf(meta)}, expected an object`);
  const { puid, tags } = (meta ?? {}) as Json;
  if (puid !== undefined && typeof puid !== 'string')
    throw new ProtocolError(400, `meta.puid is ${kindOf(puid)}, expected a string`);
  if (tags !== undefined && tags !== null && !isObject(tags))
    throw new ProtocolError(400, `meta.tags is ${kindOf(tags)}, expected an object`);
  return { puid: puid || request.headers['seldon-puid'] || undefined, tags: (tags as Json | undefined) ?? undefined };
}

/** Which of several keys a message has. @throws ProtocolError 400 unless it is exactly one */
export function oneOf<Key extends string>(message: Json, keys: readonly Key[], where: string): Key {
  const found = keys.filter((key) => message[key] !== undefined && message[key] !== null);
  if (found.length !== 1)
    throw new ProtocolError(400, `${where} has ${found.join(' and ') || 'none'} of ${keys.join(', ')}, expected one`);
  return found[0]!;
}
