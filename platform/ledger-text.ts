import { JsonScanner } from '../core/protocols/formats/json-scanner.ts';

/**
 * Reads the JSON text of a record that is held to its digest. The digest is of the value: of a key that stands twice
 * that is the last alone, and `__proto__` is dropped by whatever copies it, so both could say what no digest covers.
 *
 * @throws SyntaxError when it is not JSON, or has such a key
 */
export function parseLedgerText(text: string): unknown {
  const value: unknown = JSON.parse(text);
  new KeyScanner(text, false).document();
  return value;
}

/** Looks at keys. */
class KeyScanner extends JsonScanner {
  protected override put(object: Record<string, unknown>, key: string, value: unknown): void {
    if (key === '__proto__') throw new SyntaxError('__proto__ is no key of a record');
    if (Object.hasOwn(object, key)) throw new SyntaxError(`the key ${JSON.stringify(key)} stands twice in one object`);
    object[key] = value;
  }
}
