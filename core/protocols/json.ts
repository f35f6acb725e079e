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
 * Parses a request's JSON. JSON.parse does it where it can; our own scanner where digits matter (`exact`: integers
 * come as bigint, whatever has a fraction or an exponent as number), and for bodies that JSON.parse refuses, because
 * clients of other servers send the bare tokens NaN, Infinity and -Infinity.
 *
 * @throws ProtocolError 400 with the position of what is wrong
 */
export function parseJson(text: string, exact: boolean): unknown {
  if (!exact && !text.includes(DEEP)) {
    try {
      return JSON.parse(text);
    } catch {
      // The scanner below reads the bare tokens, or says where the mistake is.
    }
  }
  return new Scanner(text, exact).document();
}

/** JSON.parse takes more than a second over 6 MB of brackets before it refuses them; the scanner stops at once. */
const DEEP = '['.repeat(MAX_DEPTH + 1);

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

/** A JSON reader (RFC 8259) that knows three more words and keeps integers whole. */
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
    switch (this.text[this.at]) {
      case '{':
        return this.object(depth);
      case '[':
        return this.array(depth);
      case '"':
        return this.string();
      default: {
        const word = this.word();
        return word === undefined ? this.number() : word;
      }
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

  /** The value of one of the words; undefined when there is none here. */
  private word(): unknown {
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return undefined;
  }

  private number(): number | bigint {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (found === null) throw this.error('a value');
    this.at += found[0].length;
    if (!this.exact || found[1] !== undefined || found[2] !== undefined) return Number(found[0]);
    // A whole body of digits would take a bigint quadratic time to read, and no type holds more than 20.
    return found[0].length > 40 ? Number(found[0]) : BigInt(found[0]);
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
