import { isUtf8 } from 'node:buffer';
import type { Subject } from './data-owners.ts';

/** Whether bytes that cannot be taken apart speak of a subject, in whatever way {@link mentions} knows or Latin-1. */
export function speaksOf(bytes: Uint8Array, subject: Subject): boolean {
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return mentions(raw.toString(), subject) || (!isUtf8(raw) && mentions(raw.toString('latin1'), subject));
}

/** Whether a text speaks of a subject: as it is, or as JSON escapes, CSV doubles quotes, or UTF-16 puts NUL between. */
export function mentions(text: string, subject: Subject): boolean {
  if (subject.isMentionedIn(text)) return true;
  if (text.includes('\\') && subject.isMentionedIn(unescaped(text))) return true;
  if (text.includes('""') && subject.isMentionedIn(text.replaceAll('""', '"'))) return true;
  return text.includes('\0') && subject.isMentionedIn(text.replaceAll('\0', ''));
}

const ESCAPED = /\\(?:u([0-9a-f]{4})|(["\\/bfnrt]))/gi;
const LETTERS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

const unescaped = (text: string): string =>
  text.replace(ESCAPED, (_, code: string | undefined, character: string) =>
    code === undefined ? (LETTERS[character] ?? character) : String.fromCharCode(Number.parseInt(code, 16)),
  );
