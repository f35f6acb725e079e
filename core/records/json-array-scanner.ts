/** A file is no array of JSON; the message says what is expected where. */
export class NotJsonArrayError extends Error {
  override readonly name = 'NotJsonArrayError';
}

const [TAB, LF, CR, SPACE] = [9, 10, 13, 32];
const [QUOTE, BACKSLASH, COMMA] = [34, 92, 44];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];

/** Bytes that an element may take. */
const MAX_BYTES = 2 * 1024 * 1024;

const isBlank = (byte: number): boolean => byte === SPACE || byte === TAB || byte === LF || byte === CR;

/**
 * Divides an array of JSON, in chunks of bytes, into its elements, each on one line; so it does objects that follow each
 * other. What an element is stays to be read: a fault in one that is closed costs no other.
 */
export class JsonArrayScanner {
  readonly #sink: (element: Uint8Array) => void;
  /** Undefined until the first byte that is not blank. */
  #array: boolean | undefined;
  #ended = false;
  /** Whether an element must come, behind a comma. */
  #wanted = false;
  #line = 1;
  #offset = 0;
  #depth = 0;
  #inText = false;
  #escaped = false;
  #element = Buffer.alloc(0);
  #used = 0;

  /** @param sink is given every element; its bytes hold until the next */
  constructor(sink: (element: Uint8Array) => void) {
    this.#sink = sink;
  }

  /** @throws NotJsonArrayError */
  push(chunk: Uint8Array): void {
    for (const byte of chunk) {
      if (byte === LF) this.#line++;
      // The byte order mark is none of the text.
      if (this.#offset++ < BYTE_ORDER_MARK.length && BYTE_ORDER_MARK.includes(byte)) continue;
      if (this.#used === 0) this.#between(byte);
      else if (this.#isEnd(byte)) this.#endElement(byte);
      else this.#inside(byte);
    }
  }

  /** @throws NotJsonArrayError */
  end(): void {
    if (this.#used > 0) throw this.#error('the end of an element');
    if (this.#array === undefined) throw this.#error("'['");
    if (this.#array && !this.#ended) throw this.#error("']'");
  }

  #between(byte: number): void {
    if (isBlank(byte)) return;
    if (this.#ended) throw this.#error('nothing behind the array');
    if (this.#array === undefined) {
      this.#array = byte === OPEN_ARRAY;
      if (this.#array) return;
    }
    if (!this.#array && byte !== OPEN_OBJECT) throw this.#error("'{'");
    if (byte === CLOSE_ARRAY && !this.#wanted) {
      this.#ended = true;
      return;
    }
    if (byte === COMMA || byte === CLOSE_ARRAY) throw this.#error('an element');
    this.#wanted = false;
    this.#inside(byte);
  }

  #isEnd(byte: number): boolean {
    return this.#array === true && this.#depth <= 0 && !this.#inText && (byte === COMMA || byte === CLOSE_ARRAY);
  }

  #endElement(byte: number): void {
    this.#give();
    this.#wanted = byte === COMMA;
    this.#ended = byte === CLOSE_ARRAY;
  }

  #inside(byte: number): void {
    if (this.#inText) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inText = false;
    } else if (byte === QUOTE) this.#inText = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) this.#depth--;
    this.#keep(byte);
    if (!this.#array && this.#depth <= 0) this.#give();
  }

  /** A line break between tokens is a blank; inside a text, where JSON has none, another character that it has not. */
  #keep(byte: number): void {
    if (this.#used === MAX_BYTES) throw this.#error('an element of at most 2 MiB');
    if (this.#used === this.#element.length) {
      const larger = Buffer.alloc(Math.max(1024, 2 * this.#used));
      larger.set(this.#element);
      this.#element = larger;
    }
    const instead = this.#inText ? TAB : SPACE;
    this.#element[this.#used++] = byte === LF || byte === CR ? instead : byte;
  }

  #give(): void {
    this.#sink(this.#element.subarray(0, this.#used));
    this.#used = 0;
    this.#depth = 0;
  }

  #error(expected: string): NotJsonArrayError {
    return new NotJsonArrayError(`expected ${expected} on line ${this.#line}`);
  }
}

const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf];
