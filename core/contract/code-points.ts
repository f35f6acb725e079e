/**
 * Number of Unicode code points of a text, which is what SQL, JSON Schema and Python count: an emoji outside the basic
 * plane is one, `é` written as a letter and a combining accent is two. A surrogate without its other half is one.
 */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i + 1 < text.length; i++)
    if (isPair(text, i)) {
      count--;
      i++;
    }
  return count;
}

/** The first so many code points of a text; no surrogate pair is cut in two. */
export function firstCodePoints(text: string, count: number): string {
  let end = 0;
  for (let taken = 0; taken < count && end < text.length; taken++) end += isPair(text, end) ? 2 : 1;
  return text.slice(0, end);
}

/** Whether the two units from `at` on are one code point. */
const isPair = (text: string, at: number): boolean =>
  (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
