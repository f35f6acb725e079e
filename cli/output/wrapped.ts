/** Width of terminals that everybody has. */
export const COLUMNS = 80;

/** Text as lines of at most 80 columns, broken between words. */
export function wrapped(text: string, { indent = 0 }: { readonly indent?: number } = {}): string[] {
  const margin = ' '.repeat(indent);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent + line.length + 1 + word.length > COLUMNS) {
      lines.push(margin + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, margin + line];
}
