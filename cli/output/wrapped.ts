/** Width of terminals that everybody has. */
export const COLUMNS = 80;

export interface WrapOptions {
  /** Columns left empty before every line. @default 0 */
  readonly indent?: number;
  /** Text in place of the first line's margin. @default the margin */
  readonly label?: string;
}

/** Text as lines of at most 80 columns, broken between words. */
export function wrapped(text: string, { indent = 0, label }: WrapOptions = {}): string[] {
  const margin = ' '.repeat(indent);
  const lines: string[] = [];
  let start = label ?? margin;
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && start.length + line.length + 1 + word.length > COLUMNS) {
      lines.push(start + line);
      start = margin;
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, start + line];
}

/** Text whose lines after the first are indented. */
export const hanging = (text: string): string[] => wrapped(text, { indent: 2, label: '' });

/** Text of at most so many columns. */
export const shortened = (text: string, columns: number): string =>
  text.length <= columns ? text : `${text.slice(0, columns - 1)}…`;
