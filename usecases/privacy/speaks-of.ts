import { isUtf8 } from 'node:buffer';
import type { Subject } from './data-owners.ts';

/** Whether bytes that cannot be taken apart speak of a subject, also as JSON escapes it or Latin-1 writes it. */
export function speaksOf(bytes: Uint8Array, subject: Subject): boolean {
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = raw.toString();
  if (subject.isMentionedIn(text)) return true;
  if (text.includes('\\u') && subject.isMentionedIn(unescaped(text))) return true;
  return !isUtf8(raw) && subject.isMentionedIn(raw.toString('latin1'));
}

const unescaped = (text: string): string =>
  text.replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
