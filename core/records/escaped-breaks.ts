/** Begins an escape: U+001F, which divides units of text and is hardly ever in one. */
const MARK = '\u001f';

/** Whether a text has anything that {@link escapeBreaks} replaces. */
export const hasBreaks = (text: string): boolean => text.includes('\n') || text.includes('\r') || text.includes(MARK);

/** A text on one line: line feeds, carriage returns, and the character that begins their escapes. */
export const escapeBreaks = (text: string): string =>
  text.replaceAll(MARK, `${MARK}_`).replaceAll('\n', `${MARK}n`).replaceAll('\r', `${MARK}r`);

/** The same text again, as an SQL expression. */
export const unescapeBreaksSql = (text: string): string =>
  `replace(replace(replace(${text}, chr(31) || 'n', chr(10)), chr(31) || 'r', chr(13)), chr(31) || '_', chr(31))`;
