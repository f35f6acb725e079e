import { ProtocolError } from './protocol.ts';

/** Deepest nesting that our own scanner follows; deeper bodies are refused. */
export const MAX_DEPTH = 64;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A body as text. @throws ProtocolError 400 when it is not UTF-8 */
export function textOf(body: Uint8Array | string): string {
  if (typeof body === 'string') return body;
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw new ProtocolError(400, 'the body is not UTF-8', { cause });
  }
}

/**
 * Parses a request's JSON. JSON.parse does it where it can; our own scanner for bodies that JSON.parse refuses, because
 * clients of other servers send the bare tokens NaN, Infinity and -Infinity, and where how a number is written matters
 * (`exact`): then an integer that a number does not hold comes as bigint, and a whole number that was not written as an
 * integer as `Decimal`.
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
  return new Scanner(text, exact).document();
}

/** A whole number written with a fraction or an exponent, as 1.0 or 1e2 are: floats take it, integers do not. */
export class Decimal extends Number {
  override toString(): string {
    return `${super.toString()}, not written as an integer`;
  }
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
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      at = text.indexOf('"', at + 1);
      while (at !== -1 && isEscaped(text, at)) at = text.indexOf('"', at + 1);
      // An unfinished string: whoever parses it says so.
      if (at === -1) return false;
    }
    // Nearly all characters are digits, points and commas, which come before the brackets.
    if (code < 0x5b) continue;
    if (code === 0x5b || code === 0x7b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
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

/** Whether a fraction is nothing but zeros, or begins like one that rounds to a whole number. */
function mayBeWhole(text: string, from: number): boolean {
  const first = text.charCodeAt(from);
  if (first !== 0x30 && first !== 0x39) return false;
  let at = from + 1;
  while (at < from + 4 && text.charCodeAt(at) === first) at++;
  if (at === from + 4) return true;
  const next = text.charCodeAt(at);
  return first === 0x30 && !(next >= 0x30 && next <= 0x39);
}

/** Longest integers that every number holds. */
const SAFE_DIGITS = 15;

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them inside strings, and this is what finds them
const STRING_END = /["\\\u0000-\u001f]/g;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const WORDS: readonly (readonly [string, unknown])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
];

/** A JSON reader (RFC 8259) that knows three more words and how numbers were written. */
class Scanner {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly exact: boolean,
  ) {}

  document(): unknown {
    const value = this.value(0);
    this.blank();
    if (this.at < this.text.length) throw this.error('the end');
    return value;
  }

  private value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new ProtocolError(400, `the body is nested deeper than ${MAX_DEPTH} levels`);
    this.blank();
    const code = this.text.charCodeAt(this.at);
    if ((code >= 0x30 && code <= 0x39) || code === 0x2d) return this.number();
    switch (code) {
      case 0x7b:
        return this.object(depth);
      case 0x5b:
        return this.array(depth);
      case 0x22:
        return this.string();
      default:
        return this.word();
    }
  }

  private object(depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.at++;
    if (this.skip('}')) return object;
    do {
      this.blank();
      if (this.text[this.at] !== '"') throw this.error('a key in quotes');
      const key = this.string();
      if (!this.skip(':')) throw this.error("':'");
      const value = this.value(depth + 1);
      // Assigning to __proto__ would change the object's prototype instead of adding a key.
      if (key === '__proto__')
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
      else object[key] = value;
    } while (this.skip(','));
    if (!this.skip('}')) throw this.error("',' or '}'");
    return object;
  }

  private array(depth: number): unknown[] {
    const array: unknown[] = [];
    this.at++;
    if (this.skip(']')) return array;
    do array.push(this.value(depth + 1));
    while (this.skip(','));
    if (!this.skip(']')) throw this.error("',' or ']'");
    return array;
  }

  private string(): string {
    let out = '';
    let from = ++this.at;
    for (;;) {
      STRING_END.lastIndex = from;
      const found = STRING_END.exec(this.text);
      if (found === null) {
        this.at = this.text.length;
        throw this.error('the end of a string');
      }
      out += this.text.slice(from, found.index);
      this.at = found.index;
      if (found[0] === '"') {
        this.at++;
        return out;
      }
      if (found[0] !== '\\') throw this.error('no control character in a string');
      const letter = this.text[found.index + 1] ?? '';
      if (letter === 'u') {
        const digits = this.text.slice(found.index + 2, found.index + 6);
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.error('four hexadecimal digits after \\u');
        out += String.fromCharCode(Number.parseInt(digits, 16));
        from = found.index + 6;
      } else {
        const character = ESCAPES[letter];
        if (character === undefined) throw this.error('an escape such as \\n');
        out += character;
        from = found.index + 2;
      }
    }
  }

  private word(): unknown {
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    throw this.error('a value');
  }

  private number(): number | bigint | Decimal {
    const { text } = this;
    // Most numbers are short integers: those need no look at the grammar.
    let end = text.charCodeAt(this.at) === 0x2d ? this.at + 1 : this.at;
    const first = end;
    let whole = 0;
    for (let code = text.charCodeAt(end); code >= 0x30 && code <= 0x39; code = text.charCodeAt(++end))
      whole = whole * 10 + code - 0x30;
    const digits = end - first;
    const next = text.charCodeAt(end) | 0x20;
    // '.' and 'e', the first of which has the bit already.
    if (
      digits > 0 &&
      digits <= SAFE_DIGITS &&
      next !== 0x2e &&
      next !== 0x65 &&
      (digits === 1 || text[first] !== '0')
    ) {
      const negative = first > this.at;
      this.at = end;
      return negative ? -whole : whole;
    }
    return digits === 0 ? (this.word() as number) : this.longNumber();
  }

  private longNumber(): number | bigint | Decimal {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text)!;
    this.at += found[0].length;
    const value = Number(found[0]);
    if (!this.exact) return value;
    if (found[1] !== undefined || found[2] !== undefined) return Number.isInteger(value) ? new Decimal(value) : value;
    // A whole body of digits would take a bigint quadratic time to read, and no type holds more than 20.
    return found[0].length > 40 || Number.isSafeInteger(value) ? value : BigInt(found[0]);
  }

  private blank(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at++;
    }
  }

  private skip(character: string): boolean {
    this.blank();
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private error(expected: string): ProtocolError {
    const found = this.at < this.text.length ? JSON.stringify(this.text[this.at]) : 'the end of the body';
    return new ProtocolError(400, `malformed JSON: found ${found} at position ${this.at}, expected ${expected}`);
  }
}
