import { clip, ProtocolError } from '../protocol.ts';

/** A content type, taken apart. */
export interface Media {
  /** In lower case, without parameters; empty when there is none. */
  readonly type: string;
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

const PARAMETER = /;\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))\s*/y;

/**
 * Reads a content type.
 *
 * @throws ProtocolError 415 when the charset is another than UTF-8
 */
export function mediaOf(header: string | undefined): Media {
  if (header === undefined) return { type: '', parameters: {} };
  const mark = header.indexOf(';');
  const type = (mark === -1 ? header : header.slice(0, mark)).trim().toLowerCase();
  const parameters: Record<string, string> = Object.create(null);
  PARAMETER.lastIndex = mark === -1 ? header.length : mark;
  for (let found = PARAMETER.exec(header); found !== null; found = PARAMETER.exec(header))
    parameters[found[1]!.toLowerCase()] ??= found[2]?.replace(/\\(.)/g, '$1') ?? found[3]!;
  const { charset } = parameters;
  if (charset !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(charset))
    throw new ProtocolError(415, `charset ${clip(charset)} is not supported, send UTF-8`);
  return { type, parameters };
}

/** Whether a type is JSON: its own, or one with the suffix. */
export const isJsonType = (type: string): boolean => type === 'application/json' || type.endsWith('+json');

/**
 * Checks the content type of a request that changes something and is documented as JSON. No type is taken, and the form
 * of `curl -d`, which sends JSON under it; a page in a browser could send text/plain and multipart/form-data to anywhere
 * without being asked, and no client sends JSON as these.
 *
 * @throws ProtocolError 415
 */
export function assertJsonMedia(header: string | undefined): void {
  const { type } = mediaOf(header);
  if (type === '' || isJsonType(type) || type === 'application/x-www-form-urlencoded') return;
  throw new ProtocolError(415, `content type ${clip(type)} is not supported, use application/json`);
}

/**
 * What of several types an accept header likes best; the first where it is silent, or likes none.
 *
 * @param offered types in lower case, the server's favourite first
 */
export function accepted(header: string | undefined, offered: readonly string[]): string {
  let best = offered[0]!;
  let quality = 0;
  for (const entry of (header ?? '').split(',').slice(0, 32)) {
    const [range = '', ...rest] = entry.split(';').map((part) => part.trim().toLowerCase());
    const weight = rest.find((part) => part.startsWith('q='));
    const q = weight === undefined ? 1 : Number(weight.slice(2));
    const found = offered.find((type) => range === type || range === '*/*' || range === `${type.split('/')[0]}/*`);
    if (found !== undefined && q > quality) {
      best = found;
      quality = q;
    }
  }
  return best;
}
