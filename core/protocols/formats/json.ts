import { ProtocolError } from '../protocol.ts';
import { SAFE_DIGITS } from './exact-number.ts';
import { MAX_DEPTH, scanJson } from './json-scanner.ts';

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
 * Whether JSON.parse might lose what matters: a number of more than 15 characters that is an integer, or may be one
 * once it is a double; an exponent. Seeing one in a string costs time and nothing else.
 */
function isDelicate(text: string): boolean {
  for (const letter of 'eE')
    for (let at = text.indexOf(letter); at !== -1; at = text.indexOf(letter, at + 1))
      if (isDigit(text.charCodeAt(at - 1))) return true;
  // Whatever is that long stands at one of the places that are looked at.
  for (let at = SAFE_DIGITS; at < text.length; at += SAFE_DIGITS + 1) {
    if (!isOfNumber(text.charCodeAt(at))) continue;
    let from = at;
    while (isOfNumber(text.charCodeAt(from - 1))) from--;
    while (isOfNumber(text.charCodeAt(at + 1))) at++;
    if (at - from >= SAFE_DIGITS && mayBeWhole(text.slice(from, at + 1))) return true;
  }
  return false;
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

const isOfNumber = (code: number): boolean => (code >= 0x30 && code <= 0x39) || code === 0x2e;

/** Most digits before the point with which the fourth digit behind it tells whether the double will be whole. */
const SURE_DIGITS = 12;

/** Whether digits are an integer, or a fraction that may round to one. */
function mayBeWhole(digits: string): boolean {
  const point = digits.indexOf('.');
  return point === -1 || point > SURE_DIGITS || /^(0000|9999)/.test(digits.slice(point + 1, point + 5));
}
