import { ProtocolError } from '../protocol.ts';
import { MAX_DEPTH, SAFE_DIGITS, scanJson } from './json-scanner.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A body as text. @throws ProtocolError 400 when it is not UTF-8 */
export function bodyText(body: Uint8Array | string): string {
  if (typeof body === 'string') return body;
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw new ProtocolError(400, 'the body is not UTF-8', { cause });
  }
}

/**
 * Parses a request's JSON. JSON.parse does it where it can; our own scanner for bodies that JSON.parse refuses, because
 * clients of other servers send the bare tokens NaN, Infinity and -Infinity, and where integers must keep every digit
 * (`exact`), which a double does not hold: then numbers are read as `exactNumber` reads them.
 *
 * @throws ProtocolError 400 with the position of what is wrong
 */
export function parseJson(text: string, exact: boolean): unknown {
  if (!mayBeDeep(text) && !(exact && isDelicate(text))) {
    try {
      return JSON.parse(text);
    } catch {
      // The scanner below reads the bare tokens, or says where the mistake is.
    }
  }
  return scanJson(text, exact);
}

/**
 * Whether a text may be nested deeper than is allowed. JSON.parse has no limit, takes more than a second over 6 MB of
 * brackets, and what it makes of them ends the stack of whoever walks it; the scanner stops at once. Few texts have so
 * many brackets that their depth must be looked at.
 */
function mayBeDeep(text: string): boolean {
  let opened = 0;
  for (const bracket of '[{')
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1))
      if (++opened > MAX_DEPTH) return isDeep(text);
  return false;
}

function isDeep(text: string): boolean {
  const marks = new Marks(text);
  let depth = 0;
  let plain = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // Nearly all characters are digits, points and commas, which come before the brackets.
    if (code < 0x5b && code !== 0x22) {
      if (++plain < PLAIN) continue;
      at = marks.next(at + 1) - 1;
    } else if (code === 0x22) {
      at = text.indexOf('"', at + 1);
      while (at !== -1 && isEscaped(text, at)) at = text.indexOf('"', at + 1);
      // An unfinished string: whoever parses it says so.
      if (at === -1) return false;
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
    plain = 0;
  }
  return false;
}

/** After so many characters that mean nothing for the depth, asking where the next one comes is faster than looking. */
const PLAIN = 16;

/** Where the characters come that depth depends on. */
class Marks {
  private readonly marks = ['[', ']', '{', '}', '"'];
  /** Of each, where it comes next. */
  private readonly found = this.marks.map(() => -1);

  constructor(private readonly text: string) {}

  /** The first of them from here on; infinity when there is none. */
  next(from: number): number {
    let first = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.marks.length; i++) {
      if (this.found[i]! < from) {
        const at = this.text.indexOf(this.marks[i]!, from);
        this.found[i] = at === -1 ? Number.POSITIVE_INFINITY : at;
      }
      if (this.found[i]! < first) first = this.found[i]!;
    }
    return first;
  }
}

/** Whether an odd number of backslashes stands before a quote. */
function isEscaped(text: string, quote: number): boolean {
  let at = quote;
  while (text.charCodeAt(at - 1) === 0x5c) at--;
  return (quote - at) % 2 === 1;
}

/**
 * Whether JSON.parse might lose what matters: an integer of 16 digits or more; a fraction that may be whole once it is
 * a double; an exponent. Seeing one in a string costs time and nothing else.
 */
function isDelicate(text: string): boolean {
  let run = 0;
  let fraction = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x30 && code <= 0x39) {
      if (++run > SAFE_DIGITS && !fraction) return true;
      continue;
    }
    const afterDigits = run > 0;
    if (afterDigits && (code | 0x20) === 0x65) return true;
    if (afterDigits && code === 0x2e && (run > SURE_DIGITS || mayBeWhole(text, at + 1))) return true;
    fraction = afterDigits && code === 0x2e;
    run = 0;
  }
  return false;
}

/** Most digits before the point with which the fourth digit behind it tells whether the double will be whole. */
const SURE_DIGITS = 12;

/** Whether a fraction begins like one that rounds to a whole number. */
function mayBeWhole(text: string, from: number): boolean {
  const first = text.charCodeAt(from);
  if (first !== 0x30 && first !== 0x39) return false;
  let at = from + 1;
  while (at < from + 4 && text.charCodeAt(at) === first) at++;
  return at === from + 4;
}
