import { clip, ProtocolError } from '../protocol.ts';

/** One part of a form. */
export interface MultipartPart {
  readonly name: string;
  /** Of a file's part. */
  readonly filename?: string | undefined;
  /** The part's content type; undefined when it has none. */
  readonly type?: string | undefined;
  readonly body: Uint8Array;
}

const MAX_PARTS = 1_000;
const MAX_HEAD_BYTES = 8_192;
const CRLF = '\r\n';

/** RFC 2046, section 5.1.1. */
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;

/**
 * Reads a multipart/form-data body (RFC 7578), which is small enough to be had as a whole. Strict: nothing before the
 * first boundary or behind the last, every part with a name, nothing encoded.
 *
 * @throws ProtocolError 400 when it is malformed, 413 when there are too many parts
 */
export function parseMultipart(body: Uint8Array, boundary: string | undefined): MultipartPart[] {
  if (boundary === undefined || !BOUNDARY.test(boundary))
    throw malformed(boundary === undefined ? 'the content type has no boundary' : 'the boundary is none');
  // The line end before a boundary belongs to the boundary; before the first there may be none.
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const delimiter = Buffer.from(`${CRLF}--${boundary}`);
  const opening = delimiter.subarray(CRLF.length);
  if (!startsWith(bytes, 0, opening)) throw malformed('it does not begin with the boundary');
  const parts: MultipartPart[] = [];
  let at = opening.length;
  for (;;) {
    if (startsWith(bytes, at, CLOSING)) {
      const rest = bytes.subarray(at + CLOSING.length);
      if (rest.length > 0 && rest.toString('latin1') !== CRLF) throw malformed('there is something after its end');
      return parts;
    }
    if (!startsWith(bytes, at, LINE_END)) throw malformed('a boundary has something behind it');
    if (parts.length === MAX_PARTS) throw new ProtocolError(413, `the form has more than ${MAX_PARTS} parts`);
    const from = at + LINE_END.length;
    // A part without any header begins with the empty line itself; it has no name either.
    const headEnd = bytes.indexOf(HEAD_END, from);
    if (headEnd === -1 || headEnd - from > MAX_HEAD_BYTES) throw malformed('a part has no end of its headers');
    const end = bytes.indexOf(delimiter, headEnd + LINE_END.length);
    if (end === -1) throw malformed('the last boundary is missing');
    const head = bytes.subarray(from, headEnd).toString('utf8');
    parts.push(partOf(head, bytes.subarray(Math.min(headEnd + HEAD_END.length, end), end), parts.length));
    at = end + delimiter.length;
  }
}

const CLOSING = Buffer.from('--');
const LINE_END = Buffer.from(CRLF);
const HEAD_END = Buffer.from(CRLF + CRLF);

const startsWith = (bytes: Buffer, at: number, wanted: Buffer): boolean =>
  bytes.subarray(at, at + wanted.length).equals(wanted);

function partOf(head: string, body: Uint8Array, index: number): MultipartPart {
  let name: string | undefined;
  let filename: string | undefined;
  let type: string | undefined;
  for (const line of head.split(CRLF)) {
    const colon = line.indexOf(':');
    if (colon < 1) throw malformed(`part ${index} has a header without a colon`);
    const value = line.slice(colon + 1).trim();
    switch (line.slice(0, colon).toLowerCase()) {
      case 'content-disposition':
        if (!/^form-data\s*(?:;|$)/i.test(value)) throw malformed(`part ${index} is no form-data`);
        name = quoted(value, NAME);
        filename = quoted(value, FILENAME);
        break;
      case 'content-type':
        type = value;
        break;
      case 'content-transfer-encoding':
        if (!/^(?:binary|8bit|7bit)$/i.test(value))
          throw malformed(`part ${index} is encoded as ${clip(value)}, send it as it is`);
        break;
    }
  }
  if (name === undefined) throw malformed(`part ${index} has no name`);
  return { name, filename, type, body };
}

const NAME = /;\s*name\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i;
const FILENAME = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i;

/** Quotes within are written with a backslash by some clients, as %22 by browsers. */
function quoted(value: string, pattern: RegExp): string | undefined {
  const found = pattern.exec(value);
  return (found?.[1] ?? found?.[2])?.replace(/\\(["\\])/g, '$1').replaceAll('%22', '"');
}

const malformed = (what: string): ProtocolError => new ProtocolError(400, `malformed form: ${what}`);
