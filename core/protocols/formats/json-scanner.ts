import { ProtocolError } from '../protocol.ts';
import { exactNumber, type FractionalNumber, SAFE_DIGITS } from './exact-number.ts';

/** Deepest nesting that is followed; deeper bodies are refused. */
export const MAX_DEPTH = 64;

/**
 * Reads JSON (RFC 8259) that may also have the bare tokens NaN, Infinity and -Infinity.
 *
 * @param exact whether numbers are read as {@link exactNumber} reads them, so that integers keep every digit
 * @throws ProtocolError 400 with the position of what is wrong
 */
export const scanJson = (text: string, exact: boolean): unknown => new JsonScanner(text, exact).document();

/** A number as JSON has it. */
export const JSON_NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
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
export class JsonScanner {
  protected at = 0;

  constructor(
    protected readonly text: string,
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
      this.put(object, key, this.value(depth + 1));
    } while (this.skip(','));
    if (!this.skip('}')) throw this.error("',' or '}'");
    return object;
  }

  /** Adds a key; one that stands twice is what it is last, as with JSON.parse. */
  protected put(object: Record<string, unknown>, key: string, value: unknown): void {
    // Assigning to __proto__ would change the object's prototype instead of adding a key.
    if (key === '__proto__')
      Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
    else object[key] = value;
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

  protected word(): unknown {
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    throw this.error('a value');
  }

  protected number(): unknown {
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

  private longNumber(): number | bigint | FractionalNumber {
    JSON_NUMBER.lastIndex = this.at;
    const found = JSON_NUMBER.exec(this.text)!;
    this.at += found[0].length;
    return this.exact ? exactNumber(found[0]) : Number(found[0]);
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
