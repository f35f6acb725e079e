import { NumberLiteral } from '../../contract/cells/number-literal.ts';
import { JSON_NUMBER, JsonScanner } from './json-scanner.ts';

/** What a line of JSON holds. */
export interface JsonText {
  /** Numbers are {@link NumberLiteral}s, but for the bare NaN, Infinity and -Infinity. */
  readonly value: unknown;
  /** The first name that stands twice in one object. */
  readonly repeated: string | undefined;
}

/**
 * Parses a line of a data file, of which nothing may be lost: the text of numbers, and values under a name that stands
 * twice, of which JSON.parse keeps the last.
 *
 * @throws ProtocolError 400 with the position of what is wrong
 */
export function parseJsonLine(text: string): JsonText {
  const scanner = new LiteralScanner(text);
  return { value: scanner.document(), repeated: scanner.repeated };
}

class LiteralScanner extends JsonScanner {
  repeated: string | undefined;

  constructor(text: string) {
    super(text, true);
  }

  protected override put(object: Record<string, unknown>, key: string, value: unknown): void {
    if (Object.hasOwn(object, key)) this.repeated ??= key;
    super.put(object, key, value);
  }

  protected override number(): unknown {
    JSON_NUMBER.lastIndex = this.at;
    const found = JSON_NUMBER.exec(this.text);
    // The only word that begins as a number does is -Infinity.
    if (found === null) return this.word();
    this.at += found[0].length;
    return new NumberLiteral(found[0]);
  }
}
