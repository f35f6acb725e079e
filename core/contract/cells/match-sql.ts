import { sqlText } from '../sql-text.ts';
import { BLANK_RUN, BLANKS } from './literals.ts';

/** Condition for a text that is a pattern, blanks around it aside. */
export const fullMatch = (text: string, pattern: string, options = ''): string =>
  `regexp_full_match(${text}, ${sqlText(`${BLANK_RUN}(?:${pattern})${BLANK_RUN}`)}${options === '' ? '' : `, '${options}'`})`;

const BLANK_TEXT = [...BLANKS].map((blank) => `chr(${blank.charCodeAt(0)})`).join(' || ');

/** A text without the blanks around it. */
export const trimmed = (text: string): string => `trim(${text}, ${BLANK_TEXT})`;
